// The picture on the canvas and the mask over it. Every change goes through here, so that it can be undone.
import { api } from "../../lib/api";
import * as masks from "../../lib/mask";
import { History } from "../../lib/undo";
import { fitted, type View } from "../../lib/view";

export type Tool = "brush" | "eraser" | "lasso" | "rect" | "hand";

export type Margins = readonly [number, number, number, number];

export interface Base {
  blob: Blob;
  url: string;
  name: string;
  bitmap: ImageBitmap;
  width: number;
  height: number;
  file: string | null; // its id on the server, once it is there
}

export class Board {
  base = $state.raw<Base | null>(null);
  tool = $state<Tool>("brush");
  radius = $state(24);
  soft = $state(0);
  colour = $state(0);
  opacity = $state(0.6);
  showBox = $state(true);
  view = $state.raw<View>({ zoom: 1, x: 0, y: 0 });
  dirty = $state.raw<{ box: masks.Box | null; turn: number }>({ box: null, turn: 0 });
  painted = $state.raw<masks.Box | null>(null);
  steps = $state(0); // changes that can be undone
  ahead = $state(false);
  mask: masks.Mask = masks.emptyMask(1, 1);
  window = { width: 800, height: 600 };
  private around: Margins = [0, 0, 0, 0]; // what is to be added: left, top, right, bottom
  private history = new History(100);
  private before: masks.Mask | null = null;
  private touched: masks.Box | null = null;

  /** Opens a picture of at most `most` pixels as the new base; what was there can be had back by undoing. */
  async open(blob: Blob, name: string, file: string | null = null, most = Infinity): Promise<void> {
    const bitmap = await createImageBitmap(blob);
    if (bitmap.width * bitmap.height > most) {
      bitmap.close();
      throw new Error("The picture is too large.");
    }
    const base: Base = { blob, url: URL.createObjectURL(blob), name, bitmap, width: bitmap.width, height: bitmap.height, file };
    const [old, oldMask] = [this.base, this.mask];
    const fresh = masks.emptyMask(base.width, base.height);
    this.put(base, fresh);
    if (old) {
      this.history.push({ undo: () => this.put(old, oldMask), redo: () => this.put(base, fresh) });
      this.counted();
    }
  }

  private put(base: Base, mask: masks.Mask): void {
    const resized = this.base?.width !== base.width || this.base?.height !== base.height;
    this.base = base;
    this.mask = mask;
    if (resized) {
      this.fit();
      this.radius = Math.max(2, Math.round(Math.min(base.width, base.height) / 12));
    }
    this.changed(null);
  }

  /** The id of the picture on the server, sending it if need be. */
  async uploaded(): Promise<string> {
    const base = this.base;
    if (!base) throw new Error("Open a picture first.");
    if (base.file) return base.file;
    let facts = await api.addFile(base.blob, base.name);
    if (facts.width !== base.width || facts.height !== base.height) {
      facts = await api.addFile(await drawn(base.bitmap), base.name); // turned by its metadata: as it is seen here
    }
    this.base = { ...base, file: facts.id };
    return facts.id;
  }

  async maskFile(): Promise<string> {
    return (await api.addFile(await this.maskBlob(), "mask.png")).id;
  }

  async maskBlob(): Promise<Blob> {
    return drawn(await createImageBitmap(masks.pixelsOf(this.mask)));
  }

  begin(): void {
    this.before = { ...this.mask, data: this.mask.data.slice() };
    this.touched = null;
  }

  touch(box: masks.Box | null): void {
    if (!box) return;
    this.touched = masks.union(this.touched, box);
    this.dirty = { box, turn: this.dirty.turn + 1 };
  }

  /** Ends a change: what the mask was inside the box that was touched is kept for undoing. */
  end(): void {
    const [before, box] = [this.before, this.touched];
    this.before = null;
    if (!before || !box) return;
    const [mask, old, now] = [this.mask, masks.cut(before, box), masks.cut(this.mask, box)];
    const put = (bytes: Uint8ClampedArray) => () => {
      masks.paste(mask, box, bytes);
      if (this.mask === mask) this.changed(box);
    };
    this.history.push({ undo: put(old), redo: put(now) });
    this.counted();
    this.changed(box);
  }

  /** One change of the whole mask. */
  all(change: (mask: masks.Mask) => void): void {
    this.begin();
    change(this.mask);
    this.touch({ x: 0, y: 0, width: this.mask.width, height: this.mask.height });
    this.end();
  }

  /** Drops what was begun, as if it had never been. */
  drop(): void {
    if (!this.before) return;
    this.mask.data.set(this.before.data);
    this.before = null;
    this.changed(null);
  }

  invert = () => this.all(masks.invert);
  clear = () => this.all((mask) => mask.data.fill(0));
  fill = () => this.all((mask) => mask.data.fill(255));
  grow = (by: number) => this.all((mask) => mask.data.set(masks.grown(mask, by).data));

  async readMask(file: Blob): Promise<void> {
    const { width, height } = this.mask;
    const bitmap = await createImageBitmap(file);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true })!;
    pen.drawImage(bitmap, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height);
    this.all((mask) => {
      for (let at = 0; at < mask.data.length; at++) {
        const light = 0.299 * data[at * 4]! + 0.587 * data[at * 4 + 1]! + 0.114 * data[at * 4 + 2]!;
        mask.data[at] = (light * data[at * 4 + 3]!) / 255;
      }
    });
  }

  undo(): void {
    this.history.undo();
    this.counted();
  }

  redo(): void {
    this.history.redo();
    this.counted();
  }

  /** The whole picture into the window, with what is to be added around it. */
  fit(): void {
    if (!this.base) return;
    const [left, top, right, bottom] = this.around;
    const view = fitted(this.base.width + left + right, this.base.height + top + bottom, this.window.width, this.window.height);
    this.view = { ...view, x: view.x + left * view.zoom, y: view.y + top * view.zoom };
  }

  /** How much is to be added around the picture: all of it is shown. */
  widen(around: Margins): void {
    if (around.every((margin, k) => margin === this.around[k])) return;
    this.around = [...around];
    this.fit();
  }

  private counted(): void {
    this.steps = this.history.length;
    this.ahead = this.history.canRedo;
  }

  private changed(box: masks.Box | null): void {
    this.painted = masks.bounds(this.mask);
    this.dirty = { box, turn: this.dirty.turn + 1 };
  }
}

async function drawn(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be written."))), "image/png"));
}
