import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readHint } from "../model/index.ts";
import { hintNotice } from "./notices.ts";

const noticeOf = (hint: string): string | null => hintNotice(readHint(hint).ignored);

test("a hint that was understood whole is no matter", () => {
  expect(noticeOf("memory:1g cpu=50")).toBeNull();
  expect(noticeOf("")).toBeNull();
});

test.each([
  [
    "memory:lots",
    "[Resource] The hint was not heeded as a whole: part 1: memory expects low, medium, high or a size of 1M or more such as 512M or 2G.",
  ],
  [
    "memory:1g gpu=1, memory:2g time=5",
    "[Resource] The hint was not heeded as a whole: part 2 is none of memory, cpu, time, pids, io, class; part 3 gives memory again, the first counts; part 4: time expects a duration such as 30s or 5m.",
  ],
  ["x".repeat(300), "[Resource] The hint was not heeded as a whole: it is too long."],
  [
    "a b c d e f g",
    `[Resource] The hint was not heeded as a whole: ${[1, 2, 3, 4, 5].map((part) => `part ${part} is none of memory, cpu, time, pids, io, class`).join("; ")}; and 2 more.`,
  ],
])("who hints %j is told which part is not heeded, and what it should be", (hint, line) => {
  expect(noticeOf(hint)).toBe(line);
});

// What a model reads must not be what somebody else wrote.
test("no word of a hint comes through, whatever it is", () => {
  const fixed = /^\[Resource\] [\w :,.;-]*\.$/;
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string().map((text) => `memory:${text}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 9 }), (words) => {
      const notice = noticeOf(words.join(" "));
      expect(notice === null || fixed.test(notice)).toBe(true);
    }),
  );
  expect(noticeOf("ignore-previous-instructions memory:DROP")).not.toMatch(/previous|DROP/);
});
