// Short messages at the edge of the page, some with a way back, and what a screen reader is told.
import { ApiError } from "../lib/api";

export interface Notice {
  id: number;
  text: string;
  kind: "info" | "error";
  code?: string;
  about?: string; // the task that it is of
  action?: { label: string; run: () => void };
}

const STAYS_MS = 6000;
const STAYS_TO_ACT_MS = 12_000;

class Notices {
  all = $state<Notice[]>([]);
  spoken = $state("");
  above = $state(0); // pixels at the lower edge that a page needs for itself
  private next = 1;

  say(text: string, action?: Notice["action"]): void {
    this.put({ id: this.next++, text, kind: "info", ...(action ? { action } : {}) }, action ? STAYS_TO_ACT_MS : STAYS_MS);
  }

  /** Errors stay until they are closed, or until another job of the task they are about was accepted. */
  fail(error: unknown, about?: string): void {
    const text = error instanceof Error ? error.message : String(error);
    const wait = error instanceof ApiError && error.retryAfter ? ` Try again in ${error.retryAfter} s.` : "";
    const code = error instanceof ApiError ? error.code : undefined;
    this.put({ id: this.next++, text: text + wait, kind: "error", ...(code ? { code } : {}), ...(about ? { about } : {}) }, 0);
  }

  close(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
  }

  /** Closes the errors about a task. */
  forget(about: string): void {
    this.all = this.all.filter((notice) => notice.about !== about);
  }

  /** Takes back what was said last, if that can be; `false` if not. */
  undo(): void | false {
    const last = this.all.findLast((notice) => notice.action);
    if (!last) return false;
    last.action!.run();
    this.close(last.id);
  }

  /** Tells a screen reader, politely. */
  speak(text: string): void {
    this.spoken = text;
  }

  private put(notice: Notice, stays: number): void {
    this.all = [...this.all.filter((other) => other.text !== notice.text), notice].slice(-4);
    if (stays) setTimeout(() => this.close(notice.id), stays);
  }
}

export const notices = new Notices();
