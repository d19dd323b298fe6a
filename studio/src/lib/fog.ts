// The forward process, for the slider of the Explain page: x_t = alpha(t) x0 + sigma(t) eps, with eps ~ N(0, 1).
// The schedules are those of `core/schedule.py`; t runs from 0 (clear) to 1 (noise). Values lie in [-1, 1].

export interface Level {
  alpha: number;
  sigma: number;
}

export const SCHEDULES = ["vp_linear", "cosine", "flow", "ve"] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

const BETA_MIN = 0.1;
const BETA_MAX = 20;
const OFFSET = 0.008;

export function level(schedule: ScheduleName, t: number): Level {
  switch (schedule) {
    case "vp_linear": {
      const alpha = Math.exp(-0.25 * t * t * (BETA_MAX - BETA_MIN) - 0.5 * t * BETA_MIN);
      return { alpha, sigma: Math.sqrt(Math.max(0, 1 - alpha * alpha)) };
    }
    case "cosine": {
      const rate = (0.5 * Math.PI) / (1 + OFFSET);
      const start = rate * OFFSET;
      const alpha = Math.sin(rate * (1 - t)) / Math.cos(start);
      return { alpha, sigma: Math.sqrt(Math.max(0, 1 - alpha * alpha)) };
    }
    case "flow": return { alpha: 1 - t, sigma: t };
    case "ve": return { alpha: 1, sigma: 80 * t ** 7 };
  }
}

/** Gaussian numbers that depend on the seed alone (xorshift32, Box and Muller): for looking at, not for making pictures. */
export function gaussians(count: number, seed: number): Float32Array {
  let state = (seed >>> 0) * 2654435761 + 1013904223 || 1;
  state >>>= 0;
  if (state === 0) state = 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state + 0.5) / 4294967296;
  };
  const out = new Float32Array(count);
  for (let k = 0; k < count; k += 2) {
    const far = Math.sqrt(-2 * Math.log(uniform()));
    const turn = 2 * Math.PI * uniform();
    out[k] = far * Math.cos(turn);
    if (k + 1 < count) out[k + 1] = far * Math.sin(turn);
  }
  return out;
}

/** Pixels of x_t, 0 to 255 with an opaque fourth channel, from those of x0; the noise has three numbers for each. */
export function fogged(x0: Uint8ClampedArray, noise: Float32Array, { alpha, sigma }: Level): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(x0.length);
  const spread = Math.max(1, sigma / 1.5); // what explodes (VE) is shown divided by its size
  for (let p = 0, k = 0; p < x0.length; p += 4) {
    for (let c = 0; c < 3; c++, k++) {
      out[p + c] = ((alpha * (x0[p + c]! / 127.5 - 1) + sigma * noise[k]!) / spread + 1) * 127.5;
    }
    out[p + 3] = 255;
  }
  return out;
}
