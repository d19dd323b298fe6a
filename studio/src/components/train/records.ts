// What a training tells, as lines of a chart and pages of samples.
import type { TrainRecord } from "../../lib/api-types";
import type { Point } from "../../lib/chart";

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

export function curves(records: readonly TrainRecord[]): { loss: Point[]; validation: Point[]; speed: Point[] } {
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
  return out;
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
