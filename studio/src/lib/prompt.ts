// Editing a prompt with the keyboard: weights of a word or selection, moving a part between commas.

export interface Edited {
  text: string;
  from: number;
  to: number;
}

const WEIGHTED = /^\((.*):\s*([+-]?[\d.]+)\s*\)$/s;

/** What turns one text into the other: what stands between `from` and `to` becomes `put`. */
export function difference(was: string, now: string): { from: number; to: number; put: string } {
  const shorter = Math.min(was.length, now.length);
  let from = 0;
  while (from < shorter && was[from] === now[from]) from++;
  let same = 0;
  while (same < shorter - from && was.at(-1 - same) === now.at(-1 - same)) same++;
  return { from, to: was.length - same, put: now.slice(from, now.length - same) };
}

/** The word that touches a place; brackets that weight it belong to it. */
export function wordAt(text: string, at: number): [number, number] {
  for (const found of text.matchAll(/\([^()]*:\s*[\d.]+\s*\)/g)) {
    if (found.index <= at && at <= found.index + found[0].length) return [found.index, found.index + found[0].length];
  }
  const letter = /[^\s,.()[\]{}|:]/;
  let from = at;
  let to = at;
  while (from > 0 && letter.test(text[from - 1]!)) from--;
  while (to < text.length && letter.test(text[to]!)) to++;
  return [from, to];
}

/** Makes the selection, or the word at the caret, weigh `by` more: `moon` → `(moon:1.1)`, and back at 1. */
export function weighted(text: string, from: number, to: number, by: number): Edited {
  if (from === to) [from, to] = wordAt(text, from);
  const [wideFrom, wideTo] = wordAt(text, from);
  if (wideFrom <= from && to <= wideTo && WEIGHTED.test(text.slice(wideFrom, wideTo))) [from, to] = [wideFrom, wideTo];
  const part = text.slice(from, to);
  if (part.trim() === "") return { text, from, to };
  const found = WEIGHTED.exec(part);
  const weight = Math.round(((found ? Number(found[2]) : 1) + by) * 100) / 100;
  const inner = found ? found[1]! : part;
  if (weight < 0 || !Number.isFinite(weight)) return { text, from, to };
  const put = weight === 1 ? inner : `(${inner}:${weight})`;
  return { text: text.slice(0, from) + put + text.slice(to), from, to: from + put.length };
}

/** Moves the part between commas that holds the caret one place: -1 left, 1 right. */
export function moved(text: string, caret: number, by: -1 | 1): Edited {
  const parts = text.split(",").map((part) => part.trim());
  let at = 0;
  for (let seen = 0; at < parts.length - 1; at++) {
    seen += text.split(",")[at]!.length + 1;
    if (caret < seen) break;
  }
  const next = at + by;
  if (next < 0 || next >= parts.length) return { text, from: caret, to: caret };
  [parts[at], parts[next]] = [parts[next]!, parts[at]!];
  const from = parts.slice(0, next).reduce((sum, part) => sum + part.length + 2, 0);
  return { text: parts.join(", "), from, to: from + parts[next]!.length };
}
