// An X/Y/Z plot: up to three axes of values, one picture for every combination.
import { replaced, numbers, splitList, ValueError } from "./values";
import type { GenerateAsk, ServerFacts } from "./api-types";

export const AXES = ["none", "seed", "steps", "guidance", "sampler", "noise levels", "words", "negative", "rescale", "sag", "eta",
  "model", "size"] as const;
export type AxisKind = (typeof AXES)[number];

export interface Axis {
  kind: AxisKind;
  text: string;
}

export interface Cell {
  x: number;
  y: number;
  z: number;
  ask: GenerateAsk;
}

export interface Grid {
  names: [string[], string[], string[]];
  cells: Cell[];
}

export const MOST_CELLS = 400;
const COST: Partial<Record<AxisKind, number>> = { model: 1, size: 0.6 }; // what is slow to change goes outermost
const WHOLE: readonly AxisKind[] = ["seed", "steps", "size"];
const NUMERIC: readonly AxisKind[] = [...WHOLE, "guidance", "rescale", "sag", "eta"];

/** What the values of an axis may be: the least and the most, or the names that are. */
export type Bounds = Partial<Record<AxisKind, [number, number] | readonly string[]>>;

/** As the server has them (config/sample.py and its own limits). */
export function boundsOf(facts: ServerFacts | null, models: readonly string[]): Bounds {
  const numeric: Bounds = { seed: [-1, Number.MAX_SAFE_INTEGER], guidance: [0, 100], rescale: [0, 1], sag: [0, 10], eta: [0, 1] };
  if (!facts) return numeric;
  return {
    ...numeric, steps: [1, facts.limits.steps], size: [8, facts.limits.side], model: models,
    sampler: facts.samplers.map((one) => one.name), "noise levels": [...facts.grids.map((one) => one.name), "calibrated"],
  };
}

function check(axis: Axis, values: readonly (string | number)[], bounds: Bounds[AxisKind]): void {
  const [least, most] = bounds ?? [];
  const wrong = values.find((value) => typeof value === "number" && typeof least === "number" && typeof most === "number"
    ? value < least || value > most
    : bounds !== undefined && !bounds.includes(value as never));
  if (wrong === undefined) return;
  throw new ValueError(typeof least === "number"
    ? `The axis “${axis.kind}” goes from ${least} to ${most}, not to ${wrong}.`
    : `There is no ${axis.kind} “${wrong}”; there are: ${bounds!.join(", ")}.`);
}

export function valuesOf(axis: Axis, bounds: Bounds = {}): (string | number)[] {
  if (axis.kind === "none") return [""];
  const values = NUMERIC.includes(axis.kind) ? numbers(axis.text, WHOLE.includes(axis.kind)) : splitList(axis.text);
  if (values.length === 0) throw new ValueError(`The axis “${axis.kind}” has no values.`);
  check(axis, values, bounds[axis.kind]);
  return values;
}

function put(ask: GenerateAsk, axis: Axis, value: string | number, all: (string | number)[]): GenerateAsk {
  const chosen = (more: GenerateAsk["chosen"]) => ({ ...ask, chosen: { ...ask.chosen, ...more } });
  switch (axis.kind) {
    case "none": return ask;
    case "seed": return { ...ask, seed: Number(value) === -1 ? null : value };
    case "steps": return chosen({ steps: Number(value) });
    case "guidance": return chosen({ guidance: Number(value) });
    case "rescale": return chosen({ rescale: Number(value) });
    case "sag": return chosen({ sag: Number(value) });
    case "eta": return chosen({ eta: Number(value) });
    case "sampler": return chosen({ sampler: String(value) });
    case "noise levels": return chosen({ grid: String(value) });
    case "negative": return { ...ask, negative: String(value) };
    case "model": return { ...ask, model: String(value) };
    case "size": return { ...ask, size: [Number(value), Number(value)], native: false };
    case "words": {
      const texts = all.map(String);
      return { ...ask, prompt: replaced(ask.prompt, texts)[texts.indexOf(String(value))]! };
    }
  }
}

/** Every cell, in the order in which they are made: the axis that is slow to change outermost. */
export function gridOf(base: GenerateAsk, axes: [Axis, Axis, Axis], bounds: Bounds = {}): Grid {
  const values = axes.map((axis) => valuesOf(axis, bounds)) as [(string | number)[], (string | number)[], (string | number)[]];
  const count = values.reduce((product, one) => product * one.length, 1);
  if (count > MOST_CELLS) throw new ValueError(`${count} pictures are too many for one plot; ${MOST_CELLS} are allowed.`);
  const order = [0, 1, 2].sort((a, b) => (COST[axes[b]!.kind] ?? 0) - (COST[axes[a]!.kind] ?? 0) || b - a);
  const cells: Cell[] = [];
  const at = [0, 0, 0];
  const walk = (depth: number) => {
    if (depth === 3) {
      const ask = axes.reduce((one, axis, k) => put(one, axis, values[k]![at[k]!]!, values[k]!), base);
      cells.push({ x: at[0]!, y: at[1]!, z: at[2]!, ask: { ...ask, n: 1 } });
      return;
    }
    const axis = order[depth]!;
    for (at[axis] = 0; at[axis] < values[axis]!.length; at[axis]!++) walk(depth + 1);
    at[axis] = 0;
  };
  walk(0);
  const names = values.map((all, k) => all.map((value) => (axes[k]!.kind === "none" ? "" : `${axes[k]!.kind} ${value}`)));
  return { names: names as Grid["names"], cells };
}
