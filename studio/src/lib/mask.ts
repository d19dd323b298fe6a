// A mask as bytes: 255 is painted anew, 0 stays, between them the two are mixed. Pure functions on a plain array, so
// that strokes can be tested and undone; what the eye sees is drawn from it (canvas/overlay.ts).

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface Point {
  x: number;
  y: number;
}

export const emptyMask = (width: number, height: number): Mask => ({
  width, height, data: new Uint8ClampedArray(width * height),
});

/** Clips a box to the mask; `null` if nothing is left. */
export function clipped(mask: Mask, x0: number, y0: number, x1: number, y1: number): Box | null {
  const left = Math.max(0, Math.floor(x0));
  const top = Math.max(0, Math.floor(y0));
  const right = Math.min(mask.width, Math.ceil(x1));
  const bottom = Math.min(mask.height, Math.ceil(y1));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

export function union(a: Box | null, b: Box | null): Box | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * A stroke of a round brush from `a` to `b`: everything nearer than the radius. `soft` is the share of the radius in
 * which it fades. Painting takes the larger value, erasing the smaller, so going over a place twice changes nothing.
 */
export function stroke(mask: Mask, a: Point, b: Point, radius: number, soft: number, erase: boolean): Box | null {
  const r = Math.max(0.5, radius);
  const box = clipped(
    mask, Math.min(a.x, b.x) - r - 1, Math.min(a.y, b.y) - r - 1, Math.max(a.x, b.x) + r + 1, Math.max(a.y, b.y) + r + 1,
  );
  if (!box) return null;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const square = dx * dx + dy * dy;
  const fade = Math.max(1e-6, soft * r);
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const px = x + 0.5 - a.x;
      const py = y + 0.5 - a.y;
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      if (distance >= r) continue;
      const value = soft <= 0 ? 255 : Math.min(255, Math.round((255 * (r - distance)) / fade));
      const at = y * mask.width + x;
      mask.data[at] = erase ? Math.min(mask.data[at]!, 255 - value) : Math.max(mask.data[at]!, value);
    }
  }
  return box;
}

export function fillBox(mask: Mask, a: Point, b: Point, value: number): Box | null {
  const box = clipped(
    mask, Math.round(Math.min(a.x, b.x)), Math.round(Math.min(a.y, b.y)),
    Math.round(Math.max(a.x, b.x)), Math.round(Math.max(a.y, b.y)),
  );
  if (!box) return null;
  for (let y = box.y; y < box.y + box.height; y++) {
    mask.data.fill(value, y * mask.width + box.x, y * mask.width + box.x + box.width);
  }
  return box;
}

/** Fills a polygon, even-odd, by the centres of the pixels. */
export function fillPolygon(mask: Mask, points: readonly Point[], value: number): Box | null {
  if (points.length < 3) return null;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const box = clipped(mask, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  if (!box) return null;
  for (let y = box.y; y < box.y + box.height; y++) {
    const level = y + 0.5;
    const crossings: number[] = [];
    for (let k = 0; k < points.length; k++) {
      const p = points[k]!;
      const q = points[(k + 1) % points.length]!;
      if (p.y <= level !== q.y <= level) crossings.push(p.x + ((level - p.y) / (q.y - p.y)) * (q.x - p.x));
    }
    crossings.sort((one, other) => one - other);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(box.x, Math.ceil(crossings[k]! - 0.5));
      const to = Math.min(box.x + box.width, Math.ceil(crossings[k + 1]! - 0.5));
      if (to > from) mask.data.fill(value, y * mask.width + from, y * mask.width + to);
    }
  }
  return box;
}

export function invert(mask: Mask): void {
  for (let at = 0; at < mask.data.length; at++) mask.data[at] = 255 - mask.data[at]!;
}

/** The smallest box that holds everything painted; `null` for an empty mask. */
export function bounds(mask: Mask): Box | null {
  let left = mask.width;
  let top = mask.height;
  let right = -1;
  let bottom = -1;
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (mask.data[y * mask.width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The most (grow) or the least (shrink) within `by` pixels across and down: two passes, one axis each. */
export function grown(mask: Mask, by: number): Mask {
  const reach = Math.abs(Math.round(by));
  const better = by >= 0 ? Math.max : Math.min;
  const pass = (from: Uint8ClampedArray, lines: number, length: number, step: number, jump: number) => {
    const out = new Uint8ClampedArray(from.length);
    for (let line = 0; line < lines; line++) {
      for (let at = 0; at < length; at++) {
        let best = from[line * jump + at * step]!;
        const last = Math.min(length - 1, at + reach);
        for (let k = Math.max(0, at - reach); k <= last; k++) best = better(best, from[line * jump + k * step]!);
        out[line * jump + at * step] = best;
      }
    }
    return out;
  };
  const rows = pass(mask.data, mask.height, mask.width, 1, mask.width);
  return { ...mask, data: pass(rows, mask.width, mask.height, mask.width, 1) };
}

/**
 * The part of the picture that is worked on: as `tasks/frame.py` cuts it. A square about twice as large as what is
 * painted, at least the trained side; all of the picture if more than half of a side is painted.
 */
export function workBox(mask: Mask, trained: number, crop: boolean | null): Box | null {
  const painted = bounds(mask);
  if (!painted) return null;
  const { width, height } = mask;
  const cut = crop ?? (painted.height <= height / 2 && painted.width <= width / 2);
  if (!cut) return { x: 0, y: 0, width, height };
  const side = Math.max(Math.round(2 * Math.max(painted.width, painted.height)), trained);
  const span = (first: number, extent: number, whole: number): [number, number] => {
    const length = Math.min(Math.max(side, extent), whole);
    const start = Math.max(0, first + Math.floor(extent / 2) - Math.floor(length / 2));
    return [Math.min(start, whole - length), length];
  };
  const [x, wide] = span(painted.x, painted.width, width);
  const [y, tall] = span(painted.y, painted.height, height);
  return { x, y, width: wide, height: tall };
}

/** A copy of the bytes inside a box, and putting them back: one step of undoing. */
export function cut(mask: Mask, box: Box): Uint8ClampedArray {
  const out = new Uint8ClampedArray(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.y + y) * mask.width + box.x;
    out.set(mask.data.subarray(from, from + box.width), y * box.width);
  }
  return out;
}

export function paste(mask: Mask, box: Box, bytes: Uint8ClampedArray): void {
  for (let y = 0; y < box.height; y++) {
    mask.data.set(bytes.subarray(y * box.width, (y + 1) * box.width), (box.y + y) * mask.width + box.x);
  }
}

/** The mask as pixels, white on black, as the server reads it. */
export function pixelsOf(mask: Mask): ImageData {
  const image = new ImageData(mask.width, mask.height);
  for (let at = 0; at < mask.data.length; at++) {
    const value = mask.data[at]!;
    image.data.set([value, value, value, 255], at * 4);
  }
  return image;
}
