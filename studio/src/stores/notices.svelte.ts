// Short messages at the edge of the page, some with a way back, and what a screen reader is told.
import { ApiError } from "../lib/api";

export interface Notice {
  id: number;
  text: string;
  kind: "info" | "error";
  code?: string;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 6000;

class Notices {
  all = $state<Notice[]>([]);
  spoken = $state("");
  private next = 1;

  say(text: string, action?: Notice["action"]): void {
    this.put({ id: this.next++, text, kind: "info", ...(action ? { action } : {}) }, STAYS_MS);
  }

  /** Errors stay until they are closed. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const wait = error instanceof ApiError && error.retryAfter ? ` Try again in ${error.retryAfter} s.` : "";
    const code = error instanceof ApiError ? error.code : undefined;
    this.put({ id: this.next++, text: text + wait, kind: "error", ...(code ? { code } : {}) }, 0);
  }

  close(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
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
