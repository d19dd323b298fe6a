// What a person types into an axis of an X/Y/Z plot becomes a list of values.
//
//   7, 8, 9          a comma list; "quotes" keep commas
//   1-5              1 2 3 4 5                 1-9 (+2)    1 3 5 7 9
//   10-1 (-3)        10 7 4 1                  1-10 [5]    five evenly spaced values, both ends included
//
// The forms are those people know from other programs; a number alone is itself.

const NUMBER = String.raw`[+-]?\s*\d+(?:\.\d+)?`;
const RANGE = new RegExp(String.raw`^\s*(${NUMBER})\s*-\s*(${NUMBER})\s*(?:\(\s*([+-]\s*\d+(?:\.\d+)?)\s*\))?\s*$`);
const COUNT = new RegExp(String.raw`^\s*(${NUMBER})\s*-\s*(${NUMBER})\s*\[\s*(\d+)\s*\]\s*$`);
export const MOST_VALUES = 100;

export class ValueError extends Error {}

/** Splits at commas that are not inside double quotes; a doubled quote inside quotes is a quote. */
export function splitList(text: string): string[] {
  const out: string[] = [];
  let part = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"' && quoted && text[at + 1] === '"') {
      part += '"';
      at++;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) {
      out.push(part.trim());
      part = "";
    } else part += letter;
  }
  if (quoted) throw new ValueError('A quote is open: close it with "');
  out.push(part.trim());
  if (out.slice(0, -1).includes("")) throw new ValueError("Between two commas a value is missing.");
  return out.filter((value) => value !== "");
}

const numberOf = (text: string) => Number(text.replace(/\s+/g, ""));
const tidy = (value: number) => Number(value.toFixed(9));

function range(from: number, to: number, by: number | null): number[] {
  const step = by ?? (from <= to ? 1 : -1);
  if (step === 0 || Math.sign(to - from) * Math.sign(step) < 0) {
    throw new ValueError(`From ${from} to ${to} in steps of ${step} goes nowhere.`);
  }
  const count = Math.floor(Math.abs((to - from) / step) + 1e-9) + 1;
  if (count > MOST_VALUES) throw new ValueError(`${count} values are too many; ${MOST_VALUES} are allowed.`);
  return Array.from({ length: count }, (_, k) => tidy(from + k * step));
}

function spaced(from: number, to: number, count: number, whole: boolean): number[] {
  if (count < 1 || count > MOST_VALUES) throw new ValueError(`Ask for 1 to ${MOST_VALUES} values, not ${count}.`);
  if (count === 1) return [from];
  const values = Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));
  return values.map((value) => (whole ? Math.round(value) : tidy(value)));
}

/** Numbers of an axis; `whole`: integers only. */
export function numbers(text: string, whole: boolean): number[] {
  const out: number[] = [];
  for (const part of splitList(text)) {
    const counted = COUNT.exec(part);
    const ranged = RANGE.exec(part);
    if (counted) out.push(...spaced(numberOf(counted[1]!), numberOf(counted[2]!), Number(counted[3]), whole));
    else if (ranged) {
      out.push(...range(numberOf(ranged[1]!), numberOf(ranged[2]!), ranged[3] ? numberOf(ranged[3]) : null));
    } else {
      const value = Number(part);
      if (!Number.isFinite(value)) throw new ValueError(`“${part}” is no number; write 1, 2, 3 or 1-9 (+2) or 1-10 [5].`);
      out.push(value);
    }
  }
  const wrong = whole ? out.find((value) => !Number.isInteger(value)) : undefined;
  if (wrong !== undefined) throw new ValueError(`${wrong} is no whole number.`);
  if (out.length > MOST_VALUES) throw new ValueError(`${out.length} values are too many; ${MOST_VALUES} are allowed.`);
  return out;
}

/** Prompt search and replace: the first value is searched for, every value takes its place. */
export function replaced(prompt: string, values: string[]): string[] {
  const [search] = values;
  if (!search || !prompt.includes(search)) throw new ValueError(`“${search ?? ""}” does not occur in the prompt.`);
  return values.map((value) => prompt.split(search).join(value));
}
