import { describe, expect, it } from "vitest";
import { ACTIONS, clash, pressed } from "../src/lib/keymap";
import { difference, moved, weighted } from "../src/lib/prompt";
import { packed, parseSeed, stepped } from "../src/lib/seeds";
import { askOf, askOfRecipe, aspectOf, EMPTY, recalled, sizeOf, styled } from "../src/lib/ask";
import { fogged, gaussians, level, SCHEDULES } from "../src/lib/fog";
import { fitted, toPicture, zoomed } from "../src/lib/view";
import { axis, smoothed, thinned } from "../src/lib/chart";
import { wordsOf } from "../src/lib/words";

it("finds what turns one text into another", () => {
  expect(difference("a red b", "a (red:1.1) b")).toEqual({ from: 2, to: 5, put: "(red:1.1)" });
  for (const [was, now] of [["aa", "aaa"], ["aaa", "a"], ["", "b"], ["b", ""], ["a, b", "b, a"]] as const) {
    const { from, to, put } = difference(was, now);
    expect(was.slice(0, from) + put + was.slice(to)).toBe(now);
  }
});

describe("weights", () => {
  it("of the word at the caret, up and back", () => {
    const once = weighted("a red moon", 7, 7, 0.1);
    expect(once.text).toBe("a red (moon:1.1)");
    expect(weighted(once.text, 9, 9, 0.1).text).toBe("a red (moon:1.2)");
    expect(weighted(once.text, once.from, once.to, -0.1).text).toBe("a red moon");
  });

  it("of a selection", () => expect(weighted("a red moon", 2, 10, -0.1).text).toBe("a (red moon:0.9)"));

  it("moves the part between commas", () => {
    expect(moved("red, green, blue", 6, 1).text).toBe("red, blue, green");
    expect(moved("red, green, blue", 6, -1).text).toBe("green, red, blue");
    expect(moved("red, green", 1, -1).text).toBe("red, green");
  });
});

describe("seeds", () => {
  it("are exact to 2^64", () => {
    expect(parseSeed("18446744073709551615")).toBe("18446744073709551615");
    expect(parseSeed("9007199254740991")).toBe(9007199254740991);
    expect(parseSeed("")).toBeNull();
    expect(parseSeed("-1")).toBeNull();
    expect(() => parseSeed("18446744073709551616")).toThrow();
    expect(() => parseSeed("1.5")).toThrow();
    expect(stepped("18446744073709551615", 1)).toBe(0);
    expect(packed(-1n)).toBe("18446744073709551615");
  });
});

describe("keys", () => {
  it("no key has two meanings in one place", () => {
    for (const action of ACTIONS) for (const key of action.keys) expect(clash(ACTIONS, action, key), `${action.id} ${key}`).toBeNull();
  });

  it("are named as pressed", () => {
    const key = (key: string, more = {}) => pressed({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
    expect(key("Z", { ctrlKey: true, shiftKey: true })).toBe("mod+Shift+z");
    expect(key("?", { shiftKey: true })).toBe("?");
    expect(key("ArrowUp", { metaKey: true })).toBe("mod+ArrowUp");
    expect(key("V", { shiftKey: true })).toBe("Shift+v");
  });
});

describe("asks", () => {
  const draft = { ...EMPTY, prompt: " a cat ", chosen: { ...EMPTY.chosen, steps: 7 } };

  it("say only what was chosen", () => {
    expect(askOf(draft, null, [])).toEqual({ task: "generate", prompt: "a cat", n: 1, seed: null, chosen: { steps: 7 }, previews: true });
  });

  it("carry the style", () => {
    const style = { name: "ink", prompt: "{prompt} in ink", negative: "colour" };
    expect(askOf({ ...draft, style: "ink" }, 3, [style])).toMatchObject({ prompt: "a cat in ink", negative: "colour", seed: 3 });
    expect(styled("a cat", { name: "x", prompt: "in oil", negative: "" })).toBe("a cat, in oil");
  });

  it("come back by fields", () => {
    const ask = { prompt: "a dog", seed: "18446744073709551615", size: [512, 384] as [number, number], chosen: { steps: 9 } };
    const some = recalled(draft, ask, ["seed", "size"]);
    expect([some.prompt, some.seed, some.aspect, some.side, some.chosen.steps]).toEqual([" a cat ", "18446744073709551615", "4:3", 512, 7]);
    expect(recalled(draft, ask, ["settings"]).chosen.steps).toBe(9);
    expect(draft.chosen.steps).toBe(7);
  });

  it("keep in one piece what was painted so", () => {
    expect(askOf({ ...draft, whole: true }, null, [])).toMatchObject({ whole: true });
    const [layered, single] = [{ layers: [{ prompt: "a cat" }] }, null].map((layout) => askOfRecipe({ prompt: "a cat and a dog", layout }));
    expect([layered!.whole, single!.whole]).toEqual([false, true]);
    expect(recalled(draft, single!, ["settings"]).whole).toBe(true);
    expect(recalled({ ...draft, whole: true }, { prompt: "of another program" }, ["settings"]).whole).toBe(false);
    expect(recalled({ ...draft, whole: true }, layered!, ["prompt"]).whole).toBe(true);
  });

  it("sizes are what aspects say", () => {
    expect(sizeOf("1:1", null)).toBeNull();
    expect(sizeOf("16:9", null)).toEqual([512, 288]);
    expect(sizeOf("2:3", 300)).toEqual([200, 300]);
    for (const aspect of ["4:3", "9:16"]) expect(aspectOf(sizeOf(aspect, 640)!)).toEqual({ aspect, side: 640 });
  });
});

describe("fog", () => {
  it("keeps its strength where it should, begins clear and ends as noise", () => {
    for (const name of SCHEDULES) {
      expect(level(name, 0).sigma).toBeLessThan(1e-6);
      expect(level(name, 0).alpha).toBeCloseTo(1, 9);
    }
    for (const t of [0.2, 0.5, 0.9]) {
      for (const name of ["vp_linear", "cosine"] as const) {
        const { alpha, sigma } = level(name, t);
        expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 12);
      }
    }
    expect(level("vp_linear", 1).alpha).toBeCloseTo(Math.exp(-0.25 * 19.9 - 0.05), 12);
    expect(level("ve", 1)).toEqual({ alpha: 1, sigma: 80 });
  });

  it("has Gaussian noise of its seed alone", () => {
    const noise = gaussians(20_000, 7);
    const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    const spread = noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(spread - 1)).toBeLessThan(0.04);
    expect(gaussians(9, 7)).toEqual(gaussians(9, 7));
    expect(gaussians(9, 8)).not.toEqual(gaussians(9, 7));
  });

  it("is the picture itself at t = 0", () => {
    const picture = new Uint8ClampedArray([0, 128, 255, 255, 10, 20, 30, 255]);
    expect(fogged(picture, gaussians(6, 1), level("flow", 0))).toEqual(picture);
  });
});

describe("views", () => {
  it("zoom about a point that stays", () => {
    const view = fitted(512, 256, 800, 600);
    expect(view.zoom * 512).toBeCloseTo(752);
    const [before, after] = [toPicture(view, 300, 200), toPicture(zoomed(view, 5, 300, 200), 300, 200)];
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
    expect(zoomed(view, 1000, 0, 0).zoom).toBe(32);
    expect(zoomed(view, 0.001, 0, 0).zoom).toBe(0.1);
  });
});

describe("charts", () => {
  it("have round numbers that cover the values", () => {
    expect(axis([0.13, 0.87], 4).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(axis([3, 97], 5, true)).toEqual({ from: 0, to: 100, ticks: [0, 20, 40, 60, 80, 100] });
  });

  it("smooth without a pull towards nothing, and thin without losing the mean", () => {
    const flat = Array.from({ length: 1000 }, (_, x) => ({ x, y: 2 }));
    expect(smoothed(flat, 0.9).every((point) => Math.abs(point.y - 2) < 1e-12)).toBe(true);
    const thin = thinned(flat.map((p) => ({ x: p.x, y: p.x })), 10);
    expect(thin).toHaveLength(10);
    expect(thin.reduce((sum, p) => sum + p.y, 0) / 10).toBeCloseTo(499.5);
  });
});

it("pieces of tokens are read as words", () => {
  const tokens = [[" a", true], ["\u2581", true], ["ele", false], ["phant", false], [" red", true]] as const;
  const words = wordsOf(tokens.map(([text, known]) => ({ text, known, read: true })));
  expect(words.map((word) => [word.pieces.join(""), word.known])).toEqual([["a", true], ["elephant", false], ["red", true]]);
});

it("commas belong to no word", () => {
  const tokens = [
    [" dog,", false], [" a", true], [" ox", true], [",", true], ["\u2581", true], ["4", false], ["k", false], ["...", true],
    [" red,blue", true], ["(", true], ["ish", false], [")", true], [" t-shirt", true], [" 1.5", true], [" 犬、猫", true], ["!", true],
  ] as const;
  const words = wordsOf(tokens.map(([text, known]) => ({ text, known, read: text !== "ish" })));
  const kept = ["dog", "a", "ox", "4k", "red", "blue", "ish", "t-shirt", "1.5", "犬", "猫"];
  expect(words.map((word) => word.pieces.join(""))).toEqual(kept);
  expect(words.filter((word) => !word.known).map((word) => word.pieces.join(""))).toEqual(["dog", "4k", "ish"]);
  expect(words.filter((word) => !word.read).map((word) => word.pieces)).toEqual([["ish"]]);
});
