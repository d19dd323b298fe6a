// Every job of this session: submitted here, or found on the server after a reload.
//
// A browser opens six connections to a server, and an event stream holds one as long as its job runs. So only a few jobs
// are followed at once, and one training; the others wait for their turn (their events are stored, so nothing is missed)
// and are asked for their state now and then.
import { api, ApiError } from "../lib/api";
import type { Ask, Job, JobEvent, Made, State, TrainRecord } from "../lib/api-types";
import { follow } from "../lib/events";
import { moment, remaining } from "../lib/format";
import { freshKey } from "../lib/seeds";
import { told, type Told } from "../lib/told";
import { notices } from "./notices.svelte";

const FOLLOWED = 2;
const ASK_MS = 1500;
const TRIES = 5;
const RETRY_MS = 3000;
const LATEST = 50;
const LAST = new Set<string>(["done", "error", "cancelled"]);
export const ENDED: readonly State[] = ["done", "failed", "cancelled", "expired"];

/** A job as the page shows it. */
export class Tracked {
  job = $state.raw<Job>() as Job;
  step = $state.raw<{ i: number; n: number; message: string } | null>(null);
  eta = $state<number | null>(null);
  preview = $state<string | null>(null);
  made = $state.raw<Made[]>([]);
  notes = $state.raw<string[]>([]);
  records = $state.raw<TrainRecord[]>([]);
  told = $state.raw<Told[]>([]); // what a training's steps said of its loss and speed, as far as they were heard
  result = $state.raw<Record<string, unknown> | null>(null);
  close: (() => void) | null = null;
  past = false; // it had ended when it was begun to be followed: what it tells is no news
  last = 0; // the event that was heard last
  lost = 0; // how often its stream was refused

  constructor(job: Job) {
    this.job = job;
    this.notes = job.notes ?? [];
    this.eta = job.eta_s;
  }

  get id(): string {
    return this.job.id;
  }

  get ended(): boolean {
    return ENDED.includes(this.job.state);
  }

  /** How it is, from an answer or an event. An end is final: an answer that was on its way meanwhile undoes nothing. */
  learn(job: Job): void {
    if (!this.ended || job.state === this.job.state) this.job = job;
  }

  /** How far it is, and how long it still takes, as far as that is known. */
  get progress(): string {
    const left = this.eta ? `, ${remaining(this.eta)}` : "";
    return this.step?.n ? `Step ${this.step.i} of ${this.step.n}${left}` : `Starting${left}`;
  }

  get share(): number {
    if (this.job.state === "done") return 1;
    return this.step && this.step.n > 0 ? Math.min(1, this.step.i / this.step.n) : 0;
  }
}

type Listener = (tracked: Tracked, event: JobEvent) => void;

class Jobs {
  all = $state.raw<Tracked[]>([]);
  private listeners = new Set<Listener>();
  private open = new Set<Tracked>();
  private waiting: Tracked[] = [];
  private asking: ReturnType<typeof setTimeout> | null = null;

  get active(): Tracked[] {
    return this.all.filter((tracked) => !tracked.ended);
  }

  find(id: string | null): Tracked | null {
    return this.all.find((tracked) => tracked.id === id) ?? null;
  }

  /** Hears every event of every job; returns how to stop. */
  hear(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks for a job; under the same key never for a second one. */
  async submit(ask: Ask, key = freshKey()): Promise<Tracked> {
    let job: Job;
    try {
      job = await api.submit(ask, key);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "offline") throw error;
      job = await api.submit(ask, key); // the same key: never two jobs
    }
    notices.forget(ask.task);
    return this.track(job);
  }

  /** What the server knows of, after a reload. */
  async restore(): Promise<void> {
    try {
      for (const job of await latest()) if (!this.find(job.id)) this.track(job);
    } catch (error) {
      notices.fail(error);
    }
  }

  track(job: Job): Tracked {
    const known = this.find(job.id);
    if (known) return known;
    const tracked = new Tracked(job);
    this.all = [tracked, ...this.all];
    if (!tracked.ended) this.watch(tracked);
    return tracked;
  }

  /** Follows a job from its first event on; also one that has ended, to read what it told. */
  watch(tracked: Tracked): void {
    if (this.open.has(tracked) || this.waiting.includes(tracked)) return;
    Object.assign(tracked, { records: [], made: [], notes: [], last: 0, past: tracked.ended });
    this.waiting = [...this.waiting, tracked];
    this.next();
  }

  /** Follows this training rather than another one. */
  prefer(training: Tracked): void {
    if (!this.waiting.includes(training)) return;
    for (const other of this.open) {
      if (other.job.task !== "train") continue;
      this.release(other);
      this.waiting = [...this.waiting, other];
    }
    this.waiting = [training, ...this.waiting.filter((other) => other !== training)];
    this.next();
  }

  private next(): void {
    const others = (kind: boolean) => [...this.open].filter((one) => (one.job.task === "train") === kind).length;
    for (const tracked of this.waiting) {
      const training = tracked.job.task === "train";
      if (others(training) >= (training ? 1 : FOLLOWED)) continue;
      this.open.add(tracked);
      tracked.close = follow(tracked.id, (event) => this.heard(tracked, event), () => this.lost(tracked), tracked.last);
    }
    this.waiting = this.waiting.filter((tracked) => !this.open.has(tracked));
    if (this.waiting.length && this.asking === null) this.asking = setTimeout(() => void this.ask(), ASK_MS);
  }

  private release(tracked: Tracked): void {
    tracked.close?.();
    this.open.delete(tracked);
  }

  /** The server refused the stream, perhaps because it is only just starting. */
  private lost(tracked: Tracked): void {
    this.release(tracked);
    this.next();
    if (tracked.lost++ >= TRIES) return void this.refresh(tracked);
    setTimeout(() => {
      this.waiting = [...this.waiting, tracked];
      this.next();
    }, RETRY_MS);
  }

  /** How those are that wait to be followed. */
  private async ask(): Promise<void> {
    this.asking = null;
    try {
      const found = await latest();
      for (const tracked of this.waiting) tracked.learn(found.find((job) => job.id === tracked.id) ?? tracked.job);
    } catch {
      // the next time
    }
    this.next();
  }

  async cancel(id: string): Promise<void> {
    try {
      const job = await api.cancel(id);
      this.find(id)?.learn(job);
    } catch (error) {
      notices.fail(error);
    }
  }

  async refresh(tracked: Tracked): Promise<void> {
    try {
      tracked.learn(await api.job(tracked.id));
    } catch (error) {
      notices.fail(error);
    }
  }

  private heard(tracked: Tracked, event: JobEvent): void {
    tracked.last = Math.max(tracked.last, event.id);
    apply(tracked, event);
    if (LAST.has(event.type)) {
      this.release(tracked);
      this.next();
    }
    if (event.type === "note" && tracked.job.task === "train" && !tracked.ended) void this.refresh(tracked); // paused?
    for (const listener of this.listeners) listener(tracked, event);
  }
}

/** The latest jobs, and the latest trainings however many other jobs came after them; the oldest first. */
async function latest(): Promise<Job[]> {
  const [all, trainings] = await Promise.all([api.jobs({ limit: LATEST }), api.jobs({ limit: LATEST, task: "train" })]);
  const found = new Map([...trainings, ...all].map((job) => [job.id, job]));
  return [...found.values()].sort((one, other) => moment(one.created).getTime() - moment(other.created).getTime());
}

function apply(tracked: Tracked, event: JobEvent): void {
  const state = (next: State, more: Partial<Job> = {}) => tracked.learn({ ...tracked.job, ...more, state: next });
  switch (event.type) {
    case "queued":
      tracked.eta = event.data.eta_s;
      state("queued", { position: event.data.position });
      break;
    case "started":
      state("running", { position: null });
      break;
    case "step":
      if (tracked.job.state === "queued") state("running", { position: null });
      tracked.step = { i: event.data.i, n: event.data.n, message: event.data.message ?? "" };
      tracked.eta = event.data.eta_s ?? (event.data.i ? null : tracked.eta);
      if (tracked.job.task === "train") tracked.told = told(tracked.told, event.data.i, event.data.message ?? "");
      break;
    case "note":
      tracked.notes = [...tracked.notes, event.data.message];
      break;
    case "preview":
      tracked.preview = `data:${event.data.mime};base64,${event.data.b64}`;
      break;
    case "image":
      tracked.made = [...tracked.made.filter((made) => made.id !== event.data.id), event.data];
      break;
    case "record":
      tracked.records = [...tracked.records, event.data];
      break;
    case "done":
      tracked.result = event.data.result ?? (event.data as Record<string, unknown>);
      state("done");
      break;
    case "error":
      state("failed", { error: event.data });
      break;
    case "cancelled":
      state("cancelled");
      break;
  }
}

export const jobs = new Jobs();
