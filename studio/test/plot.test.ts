import { expect, it } from "vitest";
import { boundsOf, gridOf, type Axis } from "../src/lib/plot";

const none: Axis = { kind: "none", text: "" };

it("makes every combination once, with the slow axis outermost", () => {
  const grid = gridOf({ task: "generate", prompt: "a cat" }, [{ kind: "model", text: "a, b" }, { kind: "seed", text: "1-3" }, none]);
  expect(grid.cells.map((cell) => [cell.ask.model, cell.ask.seed])).toEqual([
    ["a", 1], ["a", 2], ["a", 3], ["b", 1], ["b", 2], ["b", 3],
  ]);
  expect(new Set(grid.cells.map((cell) => `${cell.x},${cell.y},${cell.z}`)).size).toBe(6);
  expect(grid.names).toEqual([["model a", "model b"], ["seed 1", "seed 2", "seed 3"], [""]]);
});

it("leaves the ask as it was and sets only its own field", () => {
  const base = { task: "generate" as const, prompt: "red and red", chosen: { steps: 5 } };
  const grid = gridOf(base, [{ kind: "words", text: "red, blue" }, { kind: "guidance", text: "1, 2.5" }, none]);
  expect(grid.cells.map((cell) => cell.ask.prompt)).toContain("blue and blue");
  expect(grid.cells.every((cell) => cell.ask.chosen?.steps === 5)).toBe(true);
  expect(base).toEqual({ task: "generate", prompt: "red and red", chosen: { steps: 5 } });
});

it("refuses too many", () => {
  expect(() => gridOf({ task: "generate", prompt: "x" }, [{ kind: "seed", text: "1-100" }, { kind: "steps", text: "1-5" }, none])).toThrow(/500 pictures/);
});

it("names the limit that a value breaks, and the names that are", () => {
  const facts = { limits: { steps: 200, side: 2048 }, samplers: [{ name: "ddim" }, { name: "unipc" }], grids: [] } as never;
  const wrong = (kind: Axis["kind"], text: string) => () =>
    gridOf({ task: "generate", prompt: "x" }, [{ kind, text }, none, none], boundsOf(facts, ["emoji-64"]));
  expect(wrong("guidance", "-3")).toThrow("The axis “guidance” goes from 0 to 100, not to -3.");
  expect(wrong("guidance", "1, 1e9")).toThrow(/from 0 to 100, not to 1000000000/);
  expect(wrong("steps", "0-4")).toThrow(/from 1 to 200, not to 0/);
  expect(wrong("size", "4096")).toThrow(/from 8 to 2048/);
  expect(wrong("rescale", "1.5")).toThrow(/from 0 to 1/);
  expect(wrong("sampler", "dim")).toThrow("There is no sampler “dim”; there are: ddim, unipc.");
  expect(wrong("model", "nobody")).toThrow(/there are: emoji-64/);
  for (const [kind, text] of [["guidance", "0, 100"], ["seed", "-1"], ["sampler", "ddim"], ["noise levels", "calibrated"], ["words", "x, y"]] as const) {
    expect(wrong(kind, text)).not.toThrow();
  }
});
