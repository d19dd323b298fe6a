// What a training tells, as lines of a chart and pages of samples.
import type { TrainRecord } from "../../lib/api-types";
import type { Point } from "../../lib/chart";
import type { Told } from "../../lib/told";

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Lines over images seen: of what was recorded, and before the first and after the last record of what the steps told. */
export function curves(records: readonly TrainRecord[], told: readonly Told[]): { loss: Point[]; validation: Point[]; speed: Point[] } {
  const out = { loss: [] as Point[], validation: [] as Point[], speed: [] as Point[] };
  for (const record of records) {
    const x = number(record.seen_images);
    if (x === null) continue;
    const time = (record.time ?? {}) as Record<string, unknown>;
    const put = (line: Point[], value: unknown) => {
      const y = number(value);
      if (y !== null) line.push({ x, y });
    };
    put(out.loss, record.loss);
    put(out.validation, record.kind === "validation" ? record.error : null);
    put(out.speed, record.images_per_second ?? time.images_per_second);
  }
  for (const line of Object.values(out)) line.sort(along);
  return { ...out, loss: continued(out.loss, told, "loss"), speed: continued(out.speed, told, "speed") };
}

const along = (one: Point, other: Point) => one.x - other.x;

/** A recorded line, sorted, with what the steps told outside of it: the mean since the record before says more than a step. */
function continued(line: Point[], told: readonly Told[], of: "loss" | "speed"): Point[] {
  const [first, last] = [line[0]?.x ?? Infinity, line.at(-1)?.x ?? -Infinity];
  const outside = told.filter(({ seen }) => seen < first || seen > last);
  return [...line, ...outside.map((one) => ({ x: one.seen, y: one[of] }))].sort(along);
}

/** Pages of pictures at fixed sentences and seeds: the file and how many images had been seen. */
export function samplesOf(records: readonly TrainRecord[]): { file: string; seen: number }[] {
  const found = new Map<string, number>();
  for (const record of records) {
    const file = record.file ?? record.sample ?? record.name;
    if (typeof file === "string" && /^\d+\.png$/.test(file)) found.set(file, number(record.seen_images) ?? parseInt(file, 10));
  }
  return [...found].map(([file, seen]) => ({ file, seen })).sort((one, other) => one.seen - other.seen);
}
