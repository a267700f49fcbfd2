import { expect, test } from "vitest";
import { showAge, showCommand, showWord } from "./job-text.ts";

test.each([
  [0.4, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [3599, "59m"],
  [3600, "1h"],
  [86_399, "23h"],
  [86_400, "1d"],
  [8_640_000, "100d"],
])("an age of %d seconds is %s", (seconds, text) => {
  expect(showAge(seconds)).toBe(text);
});

test.each([
  ["make", "make"],
  ["-j4", "-j4"],
  ["a b", '"a b"'],
  ["", '""'],
  ["\u001b[31m", '"\\u001b[31m"'],
  ["\u202egpj.exe", '"\\u202egpj.exe"'],
  ["[kworker/0]", "[kworker/0]"],
])("the word %j is shown as %s", (word, text) => {
  expect(showWord(word)).toBe(text);
});

test("a command is cut to its room, and the cut shows", () => {
  expect(showCommand(["make", "all"], 8)).toBe("make all");
  expect(showCommand(["make", "all"], 7)).toBe("make a…");
});
