// Server-sent events of one job: the stored past first, then live. The browser reconnects by itself and names the last
// event it has seen, so nothing is lost and nothing comes twice; after the final event the stream is closed for good.
import { api } from "./api";
import type { JobEvent } from "./api-types";

const TYPES = ["queued", "started", "step", "note", "preview", "image", "record", "done", "error", "cancelled"] as const;
const LAST = new Set<string>(["done", "error", "cancelled"]);

export function follow(job: string, told: (event: JobEvent) => void, lost: () => void, after = 0): () => void {
  const source = new EventSource(api.eventsUrl(job, after));
  for (const type of TYPES) {
    source.addEventListener(type, (message) => {
      if (!(message instanceof MessageEvent)) return; // the connection's own "error" has no data
      if (LAST.has(type)) source.close();
      told({ id: Number(message.lastEventId) || 0, type, data: JSON.parse(String(message.data)) } as JobEvent);
    });
  }
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) lost();
  };
  return () => source.close();
}
