// What the server can do and which models it has.
import { api } from "../lib/api";
import type { Model, ServerFacts } from "../lib/api-types";
import { notices } from "./notices.svelte";

class Server {
  facts = $state.raw<ServerFacts | null>(null);
  models = $state.raw<Model[]>([]);
  ready = $state(false);

  async load(): Promise<void> {
    try {
      [this.facts, this.models] = await Promise.all([api.server(), api.models()]);
      this.ready = true;
    } catch (error) {
      notices.fail(error);
    }
  }

  /** The model that is named, or the default one. */
  model(id: string | null): Model | null {
    return this.models.find((model) => model.id === id) ?? this.models.find((model) => model.default) ?? this.models[0] ?? null;
  }

  /** What draws where no model is named: the default one, if it was said which, or else the one that suits the words. */
  get unnamed(): string {
    const first = this.models.find((model) => model.default);
    return first?.pinned ? `${first.id} (default)` : "Whichever knows the words";
  }

  can(task: string): boolean {
    return this.facts === null || this.facts.tasks.includes(task);
  }
}

export const server = new Server();
