import { expect, test } from "vitest";
import { makeFeedback } from "./feedback.ts";

const mib = 2 ** 20;
const facts = {
  kind: "oom",
  peakBytes: 255.6 * mib,
  budgetBytes: 256 * mib,
  ceilingBytes: null,
  timeMs: null,
  usualBytes: null,
  hintBy: "AGENT_RESOURCE_HINT",
  notRetried: null,
} as const;

test("a call that used up its budget is told its peak, its budget, what to do, and twice the budget as a hint", () => {
  expect(makeFeedback(facts)).toEqual({
    kind: "oom",
    text: '[Resource] The tool call was killed for lack of memory (exit 137). Peak memory 256 MiB. Its budget of 256 MiB was used up. Narrow what the command works on, use less data at a time, or split it into steps; or ask for more: AGENT_RESOURCE_HINT="memory:512m".',
    next_memory_bytes: 512 * mib,
  });
});

test("who gives hints as an argument is told of that, and of no variable that it cannot set", () => {
  const { text } = makeFeedback({ ...facts, hintBy: "hint" });
  expect(text.endsWith('or ask for more: hint="memory:512m".')).toBe(true);
  const slowed = makeFeedback({ ...facts, kind: "slowed", usualBytes: 64 * mib, hintBy: "hint" });
  expect(slowed.text.endsWith('Say what it needs: hint="memory:128m".')).toBe(true);
});

test("no more is proposed than the session may have, and nothing when that is what it had", () => {
  expect(makeFeedback({ ...facts, ceilingBytes: 300 * mib }).next_memory_bytes).toBe(300 * mib);
  const { text, next_memory_bytes } = makeFeedback({ ...facts, ceilingBytes: 256 * mib });
  expect([next_memory_bytes, text.endsWith("this budget is the most that the session may have.")]).toEqual([
    null,
    true,
  ]);
});

test("a call without a budget is not told to raise it", () => {
  const { text, next_memory_bytes } = makeFeedback({ ...facts, budgetBytes: null });
  expect([next_memory_bytes, text.includes("HINT"), text.includes("its session or the host")]).toEqual([
    null,
    false,
    true,
  ]);
});

test("a call that ran out of time is told its limit", () => {
  expect(makeFeedback({ ...facts, kind: "timeout", timeMs: 1500 })).toEqual({
    kind: "timeout",
    text: "[Resource] The tool call was killed after 1.5 s, its limit of time. Do less at a time, or split it into steps.",
    next_memory_bytes: null,
  });
});

test("a call that was wanted to be run again is told why it was not", () => {
  const endOf = (notRetried: Parameters<typeof makeFeedback>[0]["notRetried"]): string =>
    makeFeedback({ ...facts, notRetried }).text.split('"memory:512m".')[1] ?? "";
  expect(endOf("not-idempotent")).toBe(" It was not run again: it is not marked as idempotent.");
  expect(endOf("not-own-budget")).toBe(" It was not run again: a larger budget would not help.");
  expect(endOf("attempts-used")).toBe(" It was run again as often as was allowed.");
  expect(endOf("no-headroom")).toBe(" It was not run again: its session has no more memory for it.");
});

test("a call that was slowed down for needing more than its kind usually does is told what that is, and what to say", () => {
  expect(
    makeFeedback({ ...facts, kind: "slowed", budgetBytes: null, usualBytes: 64 * mib, peakBytes: 70 * mib }),
  ).toEqual({
    kind: "slowed",
    text: '[Resource] The tool call was slowed down: it needed more than 64 MiB, what calls of its kind usually need. Peak memory 70 MiB. Say what it needs: AGENT_RESOURCE_HINT="memory:128m".',
    next_memory_bytes: 128 * mib,
  });
});
