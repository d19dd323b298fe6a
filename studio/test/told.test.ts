import { expect, it } from "vitest";
import { curves } from "../src/components/train/records";
import { duration, remaining } from "../src/lib/format";
import { told } from "../src/lib/told";

const said = (loss: string, speed = "43") => `loss ${loss} · ${speed} images/s · 7 % outside forward/backward/optimiser`;

it("draws what the steps say before the first record and after the last", () => {
  let points = told([], 16, said("0.912"));
  points = told(points, 16, "reading pictures"); // says nothing of the loss
  for (const [seen, loss] of [[24, "0.4"], [32, "0.3"], [40, "0.6"]] as const) points = told(points, seen, said(loss));
  points = told(points, 48, said("-0.147", "4.3"));
  const alone = curves([], points);
  expect(alone.loss.map((point) => point.x)).toEqual([16, 24, 32, 40, 48]);
  const records = [[24, 0.5, 40], [40, 0.45, 41]].map(
    ([seen_images, loss, images_per_second]) => ({ kind: "metric", seen_images, loss, time: { images_per_second } }));
  const lines = curves(records, points);
  expect(lines.loss).toEqual([{ x: 16, y: 0.912 }, { x: 24, y: 0.5 }, { x: 40, y: 0.45 }, { x: 48, y: -0.147 }]);
  expect(lines.speed.map((point) => point.y)).toEqual([43, 40, 41, 4.3]);
});

it("forgets what came after the image to which a run was set back, and half of what is too much", () => {
  let points = [16, 32, 48].reduce((all, seen) => told(all, seen, said("1.0")), told([], 8, said("1.0")));
  points = told(points, 32, said("0.5"));
  expect(points.map((one) => [one.seen, one.loss])).toEqual([[8, 1], [16, 1], [32, 0.5]]);
  for (let seen = 33; seen < 9000; seen++) points = told(points, seen, said("0.5"));
  expect(points.length).toBeLessThan(2001);
  expect(points.at(-1)!.seen).toBe(8999);
});

it("says how long something still takes", () => {
  expect([0.2, 12, 600].map(remaining)).toEqual(["under 1 s left", "about 12 s left", "about 10 min left"]);
  expect(duration(0.2)).toBe("under 1 s");
});
