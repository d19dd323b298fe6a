// What can be done to a picture, in words for people.
import type { Way } from "./api-types";

export type WayName = "inpaint" | "outpaint" | "img2img" | "inversion" | "restyle" | "denoise" | "restore" | "upscale";

export interface WayFacts {
  name: WayName;
  label: string;
  hint: string;
  prompts: boolean; // whether words lead it
}

export const WAYS: readonly WayFacts[] = [
  { name: "inpaint", label: "Inpaint", hint: "Paint over what should change. Everything else stays, to the last bit.", prompts: true },
  { name: "outpaint", label: "Outpaint", hint: "More picture around the picture.", prompts: true },
  { name: "img2img", label: "Vary", hint: "Back into the fog part of the way, and out again.", prompts: true },
  { name: "inversion", label: "Edit", hint: "Say what it shows and what it should show; the rest keeps its place.", prompts: true },
  { name: "restyle", label: "Restyle", hint: "The same content in the style of another picture, or of the words.", prompts: true },
  { name: "denoise", label: "Denoise", hint: "Takes noise away; how much there is, is measured.", prompts: false },
  { name: "restore", label: "Restore", hint: "The picture before it was blurred, shrunk, covered or made grey.", prompts: false },
  { name: "upscale", label: "Upscale", hint: "Larger with sharp edges; nothing is invented.", prompts: false },
];

export type Settings = {
  inpaint: { feather: number; crop: "auto" | "on" | "off"; method: "auto" | "told" | "kept" | "repaint"; tries: number; words: string };
  outpaint: { margins: [number, number, number, number]; feather: number; tries: number };
  img2img: { strength: number };
  inversion: { was: string; words: number; layout: number };
  restyle: { keep: number; colours: number };
  denoise: { sigma: number | null; sampled: boolean };
  restore: { degradation: "blur" | "downsample" | "mask" | "grey"; amount: number; sigma: number };
  upscale: { factor: number };
};

export const DEFAULTS: Settings = {
  inpaint: { feather: 0, crop: "auto", method: "auto", tries: 4, words: "" },
  outpaint: { margins: [0, 0, 0, 0], feather: 0, tries: 4 },
  img2img: { strength: 0.6 },
  inversion: { was: "", words: 0.8, layout: 0.4 },
  restyle: { keep: 0.4, colours: 0.3 },
  denoise: { sigma: null, sampled: false },
  restore: { degradation: "blur", amount: 2, sigma: 0 },
  upscale: { factor: 4 },
};

const CROPS = { auto: null, on: true, off: false };

export function wayOf(name: WayName, all: Settings): Way {
  switch (name) {
    case "inpaint": {
      const { feather, crop, method, tries, words } = all.inpaint;
      return { kind: "inpaint", method, tries, feather, crop: CROPS[crop], ...(words.trim() ? { words: words.trim() } : {}) };
    }
    case "outpaint": return { kind: "inpaint", ...all.outpaint };
    case "restore": {
      const { degradation, amount, sigma } = all.restore;
      const measured = degradation === "blur" || degradation === "downsample";
      return { kind: "restore", degradation, amount: measured ? amount : null, sigma };
    }
    case "img2img": return { kind: "img2img", ...all.img2img };
    case "inversion": return { kind: "inversion", ...all.inversion };
    case "restyle": return { kind: "restyle", ...all.restyle };
    case "denoise": return { kind: "denoise", ...all.denoise };
    case "upscale": return { kind: "upscale", ...all.upscale };
  }
}

/** Whether a mask is part of it: `restore` of a covered picture takes one as well. */
export const needsMask = (name: WayName, all: Settings): boolean =>
  (name === "inpaint" && !all.inpaint.words.trim()) || (name === "restore" && all.restore.degradation === "mask");
