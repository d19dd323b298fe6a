// Drafts and preferences kept in this browser. What cannot be stored (private windows, a full disk) is simply not kept.
const PREFIX = "unfog.";

export function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // nothing to be done: the page works without memory
  }
}
