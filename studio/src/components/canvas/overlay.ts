// The mask as the eye sees it: one colour, as opaque as the mask is white.
import type { Box, Mask } from "../../lib/mask";

export const COLOURS: readonly [string, number, number, number][] = [
  ["rose", 240, 50, 120], ["amber", 242, 160, 40], ["green", 40, 180, 110], ["blue", 60, 120, 240],
];

export function paintOverlay(canvas: HTMLCanvasElement, mask: Mask, part: Box | null, colour: number): void {
  const { width, height } = mask;
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    part = null;
  }
  const box = part ?? { x: 0, y: 0, width, height };
  if (box.width <= 0 || box.height <= 0) return;
  const [, red, green, blue] = COLOURS[colour % COLOURS.length]!;
  const image = new ImageData(box.width, box.height);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const at = (y * box.width + x) * 4;
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = mask.data[(box.y + y) * width + box.x + x]!;
    }
  }
  canvas.getContext("2d")!.putImageData(image, box.x, box.y);
}
