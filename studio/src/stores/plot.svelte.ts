// The plot that is being made: a few jobs at a time, and which picture came of which cell. Kept through reloads.
import type { Grid } from "../lib/plot";
import { jobs } from "./jobs.svelte";
import { notices } from "./notices.svelte";
import { read, write } from "./storage";

const TOGETHER = 2;

interface Kept {
  grid: Grid;
  pictures: (string | null)[];
}

class PlotStore {
  grid = $state.raw<Grid | null>(null);
  pictures = $state<(string | null)[]>([]);
  running = $state(false);
  private asked = false;

  constructor() {
    const kept = read<Kept | null>("plot", null);
    if (kept?.grid && Array.isArray(kept.pictures)) [this.grid, this.pictures] = [kept.grid, kept.pictures];
  }

  get done(): number {
    return this.pictures.filter((id) => id !== null).length;
  }

  async start(grid: Grid): Promise<void> {
    this.grid = grid;
    this.pictures = grid.cells.map(() => null);
    await this.go();
  }

  /** Makes what is missing. */
  async go(): Promise<void> {
    if (!this.grid || this.running) return;
    this.running = true;
    this.asked = false;
    const open = this.pictures.flatMap((id, k) => (id === null ? [k] : [])).reverse();
    const one = async () => {
      for (let k = open.pop(); k !== undefined && !this.asked; k = open.pop()) await this.cell(k);
    };
    try {
      await Promise.all(Array.from({ length: TOGETHER }, one));
    } catch (error) {
      this.asked = true;
      notices.fail(error);
    } finally {
      this.running = false;
    }
  }

  stop(): void {
    this.asked = true;
  }

  private async cell(k: number): Promise<void> {
    const tracked = await jobs.submit(this.grid!.cells[k]!.ask);
    const made = await new Promise<string | null>((resolve, reject) => {
      const end = jobs.hear((other, event) => {
        if (other.id !== tracked.id) return;
        if (event.type === "done" || event.type === "cancelled") resolve(tracked.made[0]?.id ?? null);
        else if (event.type === "error") reject(new Error(event.data.message));
        else return;
        end();
      });
    });
    this.pictures[k] = made;
    write("plot", { grid: this.grid, pictures: this.pictures });
  }
}

export const plot = new PlotStore();
