// Seeds are whole numbers below 2^64. JavaScript's numbers are exact to 2^53, so larger ones travel as text.
import type { Seed } from "./api-types";

const END = 1n << 64n;

/** What was typed, as the API takes it; `null` for nothing, or a message. */
export function parseSeed(text: string): Seed | null {
  const typed = text.trim();
  if (typed === "" || typed === "-1") return null;
  if (!/^\d{1,20}$/.test(typed) || BigInt(typed) >= END) {
    throw new Error("A seed is a whole number from 0 to 18446744073709551615.");
  }
  return packed(BigInt(typed));
}

export function packed(value: bigint): Seed {
  const whole = ((value % END) + END) % END;
  return whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole.toString();
}

/** The seed `by` further on, round the end. */
export const stepped = (seed: Seed, by: number): Seed => packed(BigInt(seed) + BigInt(by));

/** A seed nobody chose: short enough to be said aloud. */
export function rolled(): number {
  const drawn = new Uint32Array(1);
  crypto.getRandomValues(drawn);
  return drawn[0]!;
}

/** A fresh name for one submission, so that a repeated request makes one job. */
export function freshKey(): string {
  const drawn = new Uint8Array(16);
  crypto.getRandomValues(drawn);
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
