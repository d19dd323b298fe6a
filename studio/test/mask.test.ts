import { describe, expect, it } from "vitest";
import * as masks from "../src/lib/mask";

const count = (mask: masks.Mask) => mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);

describe("strokes", () => {
  it("a dab is a disc", () => {
    const mask = masks.emptyMask(41, 37);
    masks.stroke(mask, { x: 20, y: 18 }, { x: 20, y: 18 }, 10, 0, false);
    expect(Math.abs(count(mask) - Math.PI * 100)).toBeLessThan(12);
    expect(masks.bounds(mask)).toEqual({ x: 10, y: 8, width: 20, height: 20 });
  });

  it("soft edges fade, going over it twice changes nothing, erasing takes it away", () => {
    const mask = masks.emptyMask(41, 37);
    const [a, b] = [{ x: 10, y: 18 }, { x: 30, y: 18 }];
    masks.stroke(mask, a, b, 8, 0.5, false);
    const once = mask.data.slice();
    expect(once[18 * 41 + 20]).toBe(255);
    expect(once[11 * 41 + 20]).toBeGreaterThan(0);
    expect(once[11 * 41 + 20]).toBeLessThan(255);
    masks.stroke(mask, a, b, 8, 0.5, false);
    expect(mask.data).toEqual(once);
    masks.stroke(mask, a, b, 12, 0, true);
    expect(count(mask)).toBe(0);
  });

  it("stays inside the picture and says where it was", () => {
    const mask = masks.emptyMask(13, 11);
    expect(masks.stroke(mask, { x: -50, y: -50 }, { x: -40, y: -50 }, 3, 0, false)).toBeNull();
    const box = masks.stroke(mask, { x: 0, y: 0 }, { x: 0, y: 0 }, 4, 0, false)!;
    expect(box.x).toBe(0);
    expect(box.y).toBe(0);
  });
});

describe("areas", () => {
  it("a polygon is filled by the centres of its pixels", () => {
    const mask = masks.emptyMask(20, 17);
    masks.fillPolygon(mask, [{ x: 2, y: 3 }, { x: 12, y: 3 }, { x: 12, y: 10 }, { x: 2, y: 10 }], 255);
    expect(count(mask)).toBe(70);
    expect(masks.bounds(mask)).toEqual({ x: 2, y: 3, width: 10, height: 7 });
    masks.fillPolygon(mask, [{ x: 2, y: 3 }, { x: 12, y: 3 }, { x: 2, y: 10 }], 0);
    expect(Math.abs(count(mask) - 35)).toBeLessThan(5);
  });

  it("inverting twice is nothing; growing and shrinking a box gives it back", () => {
    const mask = masks.emptyMask(31, 29);
    masks.fillBox(mask, { x: 10, y: 8 }, { x: 17, y: 13 }, 255);
    const once = mask.data.slice();
    masks.invert(mask);
    expect(count(mask)).toBe(31 * 29 - 35);
    masks.invert(mask);
    expect(mask.data).toEqual(once);
    const wide = masks.grown(mask, 3);
    expect(count(wide)).toBe(13 * 11);
    expect(masks.grown(wide, -3).data).toEqual(once);
  });

  it("what is cut out can be put back", () => {
    const mask = masks.emptyMask(23, 19);
    masks.fillBox(mask, { x: 3, y: 4 }, { x: 9, y: 12 }, 200);
    const box = { x: 5, y: 2, width: 7, height: 9 };
    const [bytes, before] = [masks.cut(mask, box), mask.data.slice()];
    masks.fillBox(mask, { x: 0, y: 0 }, { x: 23, y: 19 }, 0);
    masks.paste(mask, box, bytes);
    masks.invert(mask);
    masks.invert(mask);
    expect(mask.data[5 * 23 + 6]).toBe(200);
    expect(mask.data[5 * 23 + 3]).toBe(0);
    expect(before[5 * 23 + 3]).toBe(200);
  });
});

describe("the part that is worked on", () => {
  it("is a square twice as large round a small mask, inside the picture", () => {
    const mask = masks.emptyMask(512, 384);
    masks.fillBox(mask, { x: 100, y: 50 }, { x: 180, y: 110 }, 255);
    expect(masks.workBox(mask, 32, null)).toEqual({ x: 60, y: 0, width: 160, height: 160 });
    expect(masks.workBox(mask, 32, false)).toEqual({ x: 0, y: 0, width: 512, height: 384 });
    expect(masks.workBox(masks.emptyMask(5, 7), 32, null)).toBeNull();
  });

  it("is all of it if much is painted", () => {
    const mask = masks.emptyMask(100, 80);
    masks.fillBox(mask, { x: 0, y: 0 }, { x: 51, y: 20 }, 255);
    expect(masks.workBox(mask, 32, null)).toEqual({ x: 0, y: 0, width: 100, height: 80 });
  });
});
