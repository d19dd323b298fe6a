// The shapes of the native API, as the server's contract gives them. `null` in an ask means: as the model recommends.

export type Seed = number | string; // beyond 2^53 - 1 a decimal string
export type Size = [number, number];

export interface Chosen {
  sampler: string | null;
  grid: string | null;
  steps: number | null;
  guidance: number | null;
  interval: [number, number] | null;
  rescale: number | null;
  sag: number | null;
  eta: number | null;
  guide: string[] | null;
}

export interface GenerateAsk {
  task: "generate";
  model?: string;
  prompt: string;
  negative?: string;
  n?: number;
  seed?: Seed | null;
  size?: Size | null;
  canvas?: Size | null;
  native?: boolean;
  transparent?: boolean;
  whole?: boolean;
  chosen?: Partial<Chosen>;
  previews?: boolean;
}

export type Way =
  | { kind: "img2img"; strength: number }
  | { kind: "inversion"; was: string; words: number; layout: number }
  | {
      kind: "inpaint";
      method?: "auto" | "told" | "kept" | "repaint";
      tries?: number;
      feather?: number;
      crop?: boolean | null;
      margins?: [number, number, number, number] | null;
      words?: string | null;
    }
  | { kind: "restyle"; keep: number; colours: number }
  | { kind: "denoise"; sigma: number | null; sampled: boolean }
  | { kind: "restore"; degradation: "blur" | "downsample" | "mask" | "grey"; amount: number | null; sigma: number }
  | { kind: "upscale"; factor: number };

export interface EditAsk {
  task: "edit";
  model?: string;
  inputs: { picture: string; mask?: string; style?: string };
  way: Way;
  prompt?: string;
  negative?: string;
  n?: number;
  seed?: Seed | null;
  chosen?: Partial<Chosen>;
  previews?: boolean;
}

export interface MorphAsk {
  task: "morph";
  model?: string;
  prompts: [string, string];
  seeds: [Seed, Seed] | null;
  frames: number;
}

export type ExplainAsk =
  | {
      task: "explain";
      what: "forward";
      picture: string;
      request: { steps?: number; schedule?: string; size?: number; seed?: Seed };
    }
  | {
      task: "explain";
      what: "reverse";
      model?: string;
      request: { prompt: string; negative?: string; seed?: Seed | null; chosen?: Partial<Chosen>; moments?: number };
    };

export interface TrainAsk {
  task: "train";
  folder: string;
  name: string;
  preset: string;
  size?: number | null;
  images?: number | null;
  resume?: boolean;
  set?: string[];
}

export type Ask = GenerateAsk | EditAsk | MorphAsk | ExplainAsk | TrainAsk;
export type State = "queued" | "running" | "paused" | "done" | "failed" | "cancelled" | "expired";

export interface Fault {
  code: string;
  message: string;
  retryable: boolean;
}

export interface Job {
  id: string;
  task: Ask["task"];
  state: State;
  position: number | null;
  eta_s: number | null;
  created: number | string;
  started: number | string | null;
  finished: number | string | null;
  seeds: Seed[] | null;
  pictures: string[];
  notes: string[];
  error: Fault | null;
  ask: Ask;
  result?: Record<string, unknown> | null;
}

export interface Made {
  index: number;
  id: string;
  seed: Seed;
  url: string;
  width: number;
  height: number;
  sha256?: string;
  recipe?: Recipe | null;
}

export type Recipe = Record<string, unknown>;

export interface TrainRecord {
  [key: string]: unknown;
  seen_images?: number;
  loss?: number;
}

export type JobEvent = { id: number } & (
  | { type: "queued"; data: { position: number | null; eta_s: number | null } }
  | { type: "started"; data: Record<string, unknown> }
  | { type: "step"; data: { i: number; n: number; message?: string; eta_s?: number | null } }
  | { type: "note"; data: { message: string } }
  | { type: "preview"; data: { mime: string; b64: string; index?: number } }
  | { type: "image"; data: Made }
  | { type: "record"; data: TrainRecord }
  | { type: "done"; data: { result?: Record<string, unknown> | null } }
  | { type: "error"; data: Fault }
  | { type: "cancelled"; data: { pictures?: string[] } }
);

export interface SampleSettings {
  sampler: string;
  grid: string;
  steps: number;
  guidance: number;
  rescale: number;
  sag: number;
  eta: number;
  interval?: [number, number] | null;
}

export interface Abilities {
  kind: string;
  side: number;
  transparent: boolean;
  completes: boolean;
  reference_pictures: boolean;
  tokens: number | null;
  concepts: number | null;
  names: string[] | null;
  styles: string[] | null;
  languages: string[] | null;
}

export interface Model {
  id: string;
  sha256: string;
  default: boolean;
  pinned: boolean; // it draws where none is named, whatever the words say
  loaded: boolean;
  size: number;
  transparent: boolean;
  tasks: string[];
  recommended: SampleSettings;
  calibrated_steps: number[];
  abilities: Abilities | null;
  concepts: string[] | null;
  styles: string[] | null;
  licence: string | null;
  examples?: string[];
  description?: string;
}

export interface ServerFacts {
  version: string;
  auth: boolean;
  limits: { n: number; side: number; pixels: number; upload_bytes: number; steps: number };
  tasks: string[];
  training: boolean;
  samplers: Named[];
  grids: Named[];
  guides: { name: string; part: string; number: { what: string; default: number; most: number } | null }[];
}

export interface Named {
  name: string;
  label: string;
}

export interface Tokens {
  used: number;
  limit: number | null;
  tokens: { text: string; known: boolean; read: boolean }[];
  truncated: string;
  notes: string[];
}

export interface FileFacts {
  id: string;
  sha256: string;
  width: number;
  height: number;
  bytes: number;
}

export interface Recalled {
  source: string;
  ask: Partial<GenerateAsk>;
  warnings: string[];
  recipe: Recipe | null;
}

export interface Picture {
  id: string;
  job: string;
  index: number;
  seed: Seed;
  prompt: string;
  negative: string;
  task: string;
  model: string;
  sampler: string | null;
  steps: number | null;
  width: number;
  height: number;
  bytes: number;
  created: number | string;
  starred: boolean;
  url: string;
  thumb: string;
  recipe: Recipe | null;
}

export interface PictureQuery {
  q?: string;
  model?: string;
  sampler?: string;
  starred?: boolean;
  trash?: boolean;
  before?: string | number;
  limit?: number;
}

export interface FolderReport {
  [key: string]: unknown;
  pictures?: number;
  usable?: number;
  captions?: number;
  different_captions?: number;
  train?: number;
  valid?: number;
  shorter_side?: { smallest: number; median: number; largest: number };
  words_per_caption?: { smallest: number; median: number; largest: number };
  licences?: Record<string, number>;
  duplicates?: { path: string; first: string }[];
  problems?: { path: string; kind: string; reason: string }[];
  ignored_files?: Record<string, number>;
}
