// From what stands in the form to what is asked of the server, and back from a recalled picture.
import type { Chosen, GenerateAsk, Model, Seed, Size } from "./api-types";

export interface Style {
  name: string;
  prompt: string; // with {prompt}; without it, it is appended
  negative: string;
}

export interface Draft {
  model: string | null;
  prompt: string;
  negative: string;
  style: string | null;
  n: number;
  seed: string; // empty: another one every time
  aspect: string; // "1:1", "4:3", … or "w×h" for an own size
  side: number | null; // the longer side; null: as the model recommends
  native: boolean;
  transparent: boolean;
  whole: boolean; // in one piece, though the prompt names several things
  chosen: Chosen;
}

export const NOTHING_CHOSEN: Chosen = {
  sampler: null, grid: null, steps: null, guidance: null, interval: null, rescale: null, sag: null, eta: null, guide: null,
};

export const EMPTY: Draft = {
  model: null, prompt: "", negative: "", style: null, n: 1, seed: "", aspect: "1:1", side: null, native: false,
  transparent: false, whole: false, chosen: NOTHING_CHOSEN,
};

export const ASPECTS = ["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"] as const;
export const DEFAULT_SIDE = 512;

/** The text that is drawn: the style's template round what was written. */
export function styled(prompt: string, style: Style | null): string {
  if (!style) return prompt;
  if (style.prompt.includes("{prompt}")) return style.prompt.split("{prompt}").join(prompt);
  return [prompt, style.prompt].filter((part) => part.trim()).join(", ");
}

export function stylesOf(model: Model | null, own: readonly Style[]): Style[] {
  const known = model?.styles ?? model?.abilities?.styles ?? [];
  return [...known.map((name) => ({ name, prompt: `{prompt} in ${name} style`, negative: "" })), ...own];
}

export function sizeOf(aspect: string, side: number | null): Size | null {
  if (aspect === "1:1" && side === null) return null;
  const [across = 1, down = 1] = aspect.split(":").map(Number);
  const longest = side ?? DEFAULT_SIDE;
  const scale = longest / Math.max(across, down);
  return [Math.max(8, Math.round(across * scale)), Math.max(8, Math.round(down * scale))];
}

/** The nearest aspect of the list, and the longer side. */
export function aspectOf([width, height]: Size): { aspect: string; side: number } {
  const distance = (aspect: string) => {
    const [across = 1, down = 1] = aspect.split(":").map(Number);
    return Math.abs(Math.log((width * down) / (height * across)));
  };
  const aspect = [...ASPECTS].sort((one, other) => distance(one) - distance(other))[0]!;
  return { aspect: distance(aspect) < 0.03 ? aspect : `${width}:${height}`, side: Math.max(width, height) };
}

/** Only what was chosen: the rest stays the model's recommendation. */
export function chosenOf(chosen: Chosen): Partial<Chosen> {
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== null)) as Partial<Chosen>;
}

export function askOf(draft: Draft, seed: Seed | null, styles: readonly Style[]): GenerateAsk {
  const style = styles.find((one) => one.name === draft.style) ?? null;
  const size = draft.native ? null : sizeOf(draft.aspect, draft.side);
  const negative = [draft.negative, style?.negative ?? ""].filter((part) => part.trim()).join(", ");
  return {
    task: "generate",
    ...(draft.model ? { model: draft.model } : {}),
    prompt: styled(draft.prompt.trim(), style),
    ...(negative ? { negative } : {}),
    n: draft.n,
    seed,
    ...(size ? { size } : {}),
    ...(draft.native ? { native: true } : {}),
    ...(draft.transparent ? { transparent: true } : {}),
    ...(draft.whole ? { whole: true } : {}),
    chosen: chosenOf(draft.chosen),
    previews: true,
  };
}

export type Field = "prompt" | "negative" | "seed" | "size" | "settings" | "model";
export const FIELDS: readonly Field[] = ["prompt", "negative", "seed", "size", "settings", "model"];

/** The draft with these fields of an ask in place of its own; what an ask does not say becomes the recommendation. */
export function recalled(draft: Draft, ask: Partial<GenerateAsk>, fields: readonly Field[]): Draft {
  const out: Draft = { ...draft, chosen: { ...draft.chosen } };
  if (fields.includes("prompt")) Object.assign(out, { prompt: ask.prompt ?? "", style: null });
  if (fields.includes("negative")) out.negative = ask.negative ?? "";
  if (fields.includes("seed")) out.seed = ask.seed === null || ask.seed === undefined ? "" : String(ask.seed);
  if (fields.includes("model") && ask.model) out.model = ask.model;
  if (fields.includes("size")) {
    const size = ask.size ?? ask.canvas ?? null;
    Object.assign(out, size ? aspectOf(size) : { aspect: "1:1", side: null }, { native: ask.native ?? false });
    out.transparent = ask.transparent ?? false;
  }
  if (fields.includes("settings")) out.whole = ask.whole ?? false;
  if (fields.includes("settings")) out.chosen = { ...NOTHING_CHOSEN, ...ask.chosen };
  return out;
}

/** A recipe as the ask that makes its picture again. */
export function askOfRecipe(recipe: Record<string, unknown>): Partial<GenerateAsk> {
  const sample = (recipe.sample ?? {}) as Record<string, unknown>;
  const model = recipe.model as { name?: string } | undefined;
  const pick = <T>(key: string) => (sample[key] ?? null) as T | null;
  const size = recipe.size as Size | undefined;
  const layers = (recipe.layout as { layers?: unknown[] } | null | undefined)?.layers;
  return {
    prompt: String(recipe.prompt ?? ""),
    negative: String(recipe.negative ?? ""),
    seed: (recipe.seed ?? null) as Seed | null,
    ...(model?.name ? { model: model.name } : {}),
    ...(size ? { size } : {}),
    transparent: recipe.transparent === true,
    whole: !layers?.length,
    chosen: {
      sampler: pick<string>("sampler"), grid: pick<string>("grid"), steps: pick<number>("steps"),
      guidance: pick<number>("guidance"), rescale: pick<number>("rescale") || null, sag: pick<number>("sag") || null,
      eta: pick<number>("eta") || null, interval: pick<[number, number]>("interval"),
    },
  };
}
