import { expect, it } from "vitest";
import { gridOf, type Axis } from "../src/lib/plot";

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
