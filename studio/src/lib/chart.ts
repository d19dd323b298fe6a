// Where the points of a chart lie: axes with round numbers, and a line that a person can read through the noise.

export interface Point {
  x: number;
  y: number;
}

export interface Axis {
  from: number;
  to: number;
  ticks: number[];
}

/** About `count` round numbers that cover the values. */
export function axis(values: readonly number[], count: number, zero = false): Axis {
  const low = zero ? Math.min(0, ...values) : Math.min(...values);
  const high = Math.max(...values);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { from: 0, to: 1, ticks: [0, 1] };
  const raw = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((one) => one >= raw) ?? raw;
  const from = Math.floor(low / step + 1e-9) * step;
  const ticks: number[] = [];
  for (let k = 0; from + k * step <= high + step * 0.999 && k < 50; k++) ticks.push(Number((from + k * step).toPrecision(10)));
  return { from, to: ticks.at(-1)!, ticks };
}

/** Exponential mean with weight `keep` on the past, without the pull towards 0 at the beginning. */
export function smoothed(points: readonly Point[], keep: number): Point[] {
  let sum = 0;
  let weight = 0;
  return points.map(({ x, y }) => {
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return { x, y: sum / weight };
  });
}

/** At most `most` points: of every stretch its mean, so that long runs stay quick to draw. */
export function thinned(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  const each = points.length / most;
  return Array.from({ length: most }, (_, k) => {
    const part = points.slice(Math.floor(k * each), Math.max(Math.floor(k * each) + 1, Math.floor((k + 1) * each)));
    const mean = (of: "x" | "y") => part.reduce((sum, point) => sum + point[of], 0) / part.length;
    return { x: mean("x"), y: mean("y") };
  });
}

export function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (Math.abs(value) >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
