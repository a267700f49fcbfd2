import { expect, test } from "vitest";
import { describeHoldouts } from "./freeze.ts";

const holdout = (pid: number, comm: string, state = "D") => ({ pid, comm, state });

test("what holds a freeze up is named, with names that cannot write to the terminal", () => {
  expect(describeHoldouts([holdout(7, "dd"), holdout(8, "\u001b[2J", "R")])).toBe(
    'not stopped: 7 "dd" (D), 8 "\\u001b[2J" (R)',
  );
});

test("five of many are named, and none when none can be told", () => {
  const many = Array.from({ length: 7 }, (_, index) => holdout(index + 1, "x"));
  expect(describeHoldouts(many)).toBe('not stopped: 1 "x" (D), 2 "x" (D), 3 "x" (D), 4 "x" (D), 5 "x" (D) and 2 more');
  expect(describeHoldouts([])).toBe("a process of it does not stop");
});
