import { expect, test } from "vitest";
import { GuestOutput } from "./guest-output.ts";

/** What comes of a text that arrives in pieces of so many bytes. */
function heard(text: string, bytes: number): readonly [readonly string[], unknown] {
  const lines: string[] = [];
  const output = new GuestOutput((line) => lines.push(line));
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) output.add(all.subarray(at, at + bytes));
  const value = output.close();
  return [lines, value === null ? null : JSON.parse(value)];
}

const document = { name: "ü", list: [{ a: 1 }, {}], none: [], text: "{\n}" };

test("a document and the lines around it are told apart, however they come in pieces", () => {
  for (const value of [document, [document, document]]) {
    const text = `[corral] Step[0]: ü\n${JSON.stringify(value, null, 2)}\nthe end`;
    for (const bytes of [1, 7, 10_000]) expect(heard(text, bytes)).toEqual([["[corral] Step[0]: ü", "the end"], value]);
  }
});

test("without a whole document there is none, and lines are told all the same", () => {
  expect(heard("wrong.yaml:1:2: no\n", 4)).toEqual([["wrong.yaml:1:2: no"], null]);
  expect(heard('first\n{\n  "a": 1\n', 4)).toEqual([["first"], null]);
  expect(heard("", 4)).toEqual([[], null]);
});
