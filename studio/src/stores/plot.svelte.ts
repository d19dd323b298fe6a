// The plot that is being made: a few jobs at a time, and which picture came of which cell, or what went wrong there. It is
// kept through reloads, with the jobs that were asked for, and goes on after one.
import { api, ApiError } from "../lib/api";
import type { Grid } from "../lib/plot";
import { freshKey } from "../lib/seeds";
import { ENDED, jobs, type Tracked } from "./jobs.svelte";
import { notices } from "./notices.svelte";
import { read, write } from "./storage";

const TOGETHER = 2;

interface Kept {
  grid: Grid;
  pictures: (string | null)[];
  jobs: (string | null)[]; // that have made the picture of the cell, or may still
  faults: Record<number, string>; // by cell
  key: string; // with the number of the cell the key of its job: of two pages that go on, one asks for it
  going: boolean; // what is not asked for yet is to be made
  shown: boolean;
}

class PlotStore {
  grid = $state.raw<Grid | null>(null);
  pictures = $state<(string | null)[]>([]);
  faults = $state<Record<number, string>>({});
  running = $state(false);
  shown = $state(false);
  private jobs: (string | null)[] = [];
  private key = "";
  private going = false;

  constructor() {
    const kept = read<Partial<Kept> | null>("plot", null);
    if (!kept?.grid || !Array.isArray(kept.pictures)) return;
    const { grid, pictures, jobs = grid.cells.map(() => null), faults = {}, key = "", going = false, shown = false } = kept;
    Object.assign(this, { grid, pictures, jobs, faults, key, going, shown });
    this.running = this.open.length > 0; // until `resume`
  }

  get done(): number {
    return this.pictures.filter((id) => id !== null).length;
  }

  async start(grid: Grid): Promise<void> {
    this.grid = grid;
    this.pictures = grid.cells.map(() => null);
    this.jobs = grid.cells.map(() => null);
    this.shown = true;
    await this.go();
  }

  /** Makes what is missing. */
  async go(): Promise<void> {
    if (this.running) return;
    [this.faults, this.key, this.going] = [{}, freshKey(), true];
    await this.work();
  }

  /** After a reload, once: waits for what was asked for, and makes the rest unless it was stopped. */
  async resume(): Promise<void> {
    if (this.running) await this.work();
  }

  stop(): void {
    this.going = false;
    this.keep();
  }

  show(shown: boolean): void {
    this.shown = shown;
    this.keep();
  }

  clear(): void {
    [this.grid, this.pictures, this.jobs, this.faults, this.shown] = [null, [], [], {}, false];
    this.keep();
  }

  private keep(): void {
    const { grid, pictures, jobs, faults, key, going, shown } = this;
    write("plot", grid && ({ grid, pictures, jobs, faults, key, going, shown } satisfies Kept));
  }

  /** Cells whose picture is still to come. */
  private get open(): number[] {
    const wanted = (k: number) => !this.faults[k] && (this.going || this.jobs[k] !== null);
    return this.pictures.flatMap((id, k) => (id === null && wanted(k) ? [k] : []));
  }

  private async work(): Promise<void> {
    this.running = true;
    this.keep();
    const open = this.open.reverse();
    const one = async () => {
      for (let k = open.pop(); k !== undefined; k = open.pop()) if (this.going || this.jobs[k]) await this.cell(k);
    };
    await Promise.all(Array.from({ length: TOGETHER }, one));
    this.running = this.going = false;
    this.keep();
  }

  private async cell(k: number): Promise<void> {
    try {
      const tracked = await (this.jobs[k] ? known(this.jobs[k]) : jobs.submit(this.grid!.cells[k]!.ask, `${this.key}-${k}`));
      this.jobs[k] = tracked.id;
      this.keep();
      this.pictures[k] = await made(tracked);
      if (this.pictures[k] === null) this.jobs[k] = null;
    } catch (error) {
      this.faults[k] = (error as Error).message;
      if (error instanceof ApiError) notices.fail(error); // of a job that failed, the page tells anyway; other cells do not mend it
      if (error instanceof ApiError && error.retryable) this.going = false; // it would be so everywhere
      else this.jobs[k] = null;
    }
    this.keep();
  }
}

/** A job of before the reload. */
async function known(id: string): Promise<Tracked> {
  try {
    return jobs.find(id) ?? jobs.track(await api.job(id));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) throw new Error("This job is no longer there.");
    throw error;
  }
}

/** The picture that a job has made, at its end; `null` of one that was stopped before. */
function made(tracked: Tracked): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      if (tracked.job.state === "failed") reject(new Error(tracked.job.error?.message ?? "It failed."));
      else resolve(tracked.made[0]?.id ?? tracked.job.pictures[0] ?? null);
    };
    if (ENDED.includes(tracked.job.state)) return settle();
    const end = jobs.hear((other) => {
      if (other !== tracked || !tracked.ended) return;
      end();
      settle();
    });
  });
}

export const plot = new PlotStore();
