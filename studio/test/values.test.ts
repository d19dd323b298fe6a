import { describe, expect, it } from "vitest";
import { numbers, replaced, splitList } from "../src/lib/values";

describe("values of an axis", () => {
  it("reads lists and ranges as other programs do", () => {
    expect(numbers("7, 8, 9", true)).toEqual([7, 8, 9]);
    expect(numbers("1-5", true)).toEqual([1, 2, 3, 4, 5]);
    expect(numbers("1-9 (+2)", true)).toEqual([1, 3, 5, 7, 9]);
    expect(numbers("10-1 (-3)", true)).toEqual([10, 7, 4, 1]);
    expect(numbers("1-10 [5]", true)).toEqual([1, 3, 6, 8, 10]);
    expect(numbers("1-10 [4]", false)).toEqual([1, 4, 7, 10]);
    expect(numbers("0-1 (+0.25), 3", false)).toEqual([0, 0.25, 0.5, 0.75, 1, 3]);
    expect(numbers("5-3", true)).toEqual([5, 4, 3]);
    expect(numbers("-1", true)).toEqual([-1]);
  });

  it("says what is wrong", () => {
    expect(() => numbers("one", true)).toThrow(/no number/);
    expect(() => numbers("1.5", true)).toThrow(/whole/);
    expect(() => numbers("1-5 (-1)", true)).toThrow(/nowhere/);
    expect(() => numbers("1-1000", true)).toThrow(/too many/);
    expect(() => splitList('a, "b')).toThrow(/quote/);
    expect(() => numbers("1,,2", true)).toThrow(/missing/);
  });

  it("keeps commas inside quotes", () => {
    expect(splitList('a, "b, c", "say ""hi""", ')).toEqual(["a", "b, c", 'say "hi"']);
  });

  it("replaces the first value by each", () => {
    expect(replaced("a red star, red", ["red", "blue"])).toEqual(["a red star, red", "a blue star, blue"]);
    expect(() => replaced("a star", ["red", "blue"])).toThrow(/does not occur/);
  });
});
