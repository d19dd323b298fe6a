import { expect, it } from "vitest";
import { History } from "../src/lib/undo";

function counter(most?: number) {
  const history = new History(most);
  let value = 0;
  const add = (by: number) => {
    value += by;
    history.push({ undo: () => (value -= by), redo: () => (value += by) });
  };
  return { history, add, value: () => value };
}

it("goes back and forth, and forgets what was undone when something else is done", () => {
  const { history, add, value } = counter();
  [1, 2, 4].forEach(add);
  history.undo();
  history.undo();
  expect(value()).toBe(1);
  history.redo();
  expect(value()).toBe(3);
  add(8);
  expect(history.redo()).toBe(false);
  expect(value()).toBe(11);
});

it("keeps the last hundred", () => {
  const { history, add, value } = counter();
  for (let k = 0; k < 130; k++) add(1);
  while (history.undo());
  expect(value()).toBe(30);
  expect(history.canUndo).toBe(false);
});
