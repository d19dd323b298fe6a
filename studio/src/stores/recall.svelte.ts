// A recipe that was read from a file or a picture, waiting for what a person wants of it.
import { api } from "../lib/api";
import type { GenerateAsk, Recalled } from "../lib/api-types";
import { FIELDS, type Field } from "../lib/ask";
import { draft } from "./draft.svelte";
import { notices } from "./notices.svelte";
import { route } from "./route.svelte";

class Recall {
  found = $state.raw<Recalled | null>(null);
  reading = $state(false);

  async read(file: Blob, name: string): Promise<void> {
    this.reading = true;
    try {
      this.found = await api.recall(file, name);
    } catch (error) {
      notices.fail(error);
    } finally {
      this.reading = false;
    }
  }

  use(ask: Partial<GenerateAsk>, fields: readonly Field[] = FIELDS): void {
    draft.recall(ask, fields);
    this.found = null;
    route.go("create");
    notices.say(fields.length === FIELDS.length ? "All settings recalled." : `Recalled: ${fields.join(", ")}.`);
  }
}

export const recall = new Recall();
