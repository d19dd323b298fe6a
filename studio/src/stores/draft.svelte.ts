// What stands in the form of the Create page, kept through reloads; styles and presets a person has made.
import { EMPTY, NOTHING_CHOSEN, recalled, stylesOf, type Draft, type Field, type Style } from "../lib/ask";
import type { Chosen, GenerateAsk, Model } from "../lib/api-types";
import { read, write } from "./storage";
import { server } from "./server.svelte";

export interface Preset {
  name: string;
  draft: Partial<Draft>;
}

const HISTORY = 60;

class DraftStore {
  now = $state<Draft>({ ...EMPTY, ...read<Partial<Draft>>("draft", {}) });
  presets = $state<Preset[]>(read<Preset[]>("presets", []));
  ownStyles = $state<Style[]>(read<Style[]>("styles", []));
  prompts = $state.raw<string[]>(read<string[]>("prompts", []));

  get model(): Model | null {
    return server.model(this.now.model);
  }

  /** The model that was chosen, if the server no longer has it. */
  get gone(): string | null {
    const name = this.now.model;
    return server.ready && name && !server.models.some((model) => model.id === name) ? name : null;
  }

  get styles(): Style[] {
    return stylesOf(this.model, this.ownStyles);
  }

  keep(): void {
    write("draft", this.now);
  }

  set(change: Partial<Draft>): void {
    Object.assign(this.now, change);
    this.keep();
  }

  choose(change: Partial<Chosen>): void {
    this.now.chosen = { ...this.now.chosen, ...change };
    this.keep();
  }

  recommended(): void {
    this.set({ chosen: NOTHING_CHOSEN, n: 1, seed: "", aspect: "1:1", side: null, native: false, transparent: false, whole: false, negative: "" });
  }

  recall(ask: Partial<GenerateAsk>, fields: readonly Field[]): void {
    this.set(recalled(this.now, ask, fields));
  }

  remember(prompt: string): void {
    this.prompts = [prompt, ...this.prompts.filter((other) => other !== prompt)].slice(0, HISTORY);
    write("prompts", this.prompts);
  }

  savePreset(name: string): void {
    const { prompt: _prompt, seed: _seed, ...draft } = $state.snapshot(this.now);
    this.presets = [...this.presets.filter((preset) => preset.name !== name), { name, draft }];
    write("presets", this.presets);
  }

  removePreset(name: string): void {
    this.presets = this.presets.filter((preset) => preset.name !== name);
    write("presets", this.presets);
  }

  saveStyle(style: Style): void {
    this.ownStyles = [...this.ownStyles.filter((other) => other.name !== style.name), style];
    write("styles", this.ownStyles);
  }

  removeStyle(name: string): void {
    this.ownStyles = this.ownStyles.filter((style) => style.name !== name);
    if (this.now.style === name) this.set({ style: null });
    write("styles", this.ownStyles);
  }
}

export const draft = new DraftStore();
