import { expect, test } from "vitest";
import type { KeepingFacts } from "./decide-keeping.ts";
import { costMsPerSec, decideKeeping, plainPeriodMs, savedMsPerSec } from "./decide-keeping.ts";
import type { MoveHistory } from "./move-history.ts";
import { noMoves } from "./move-history.ts";

const nowMs = 20_000;

/** So many cold moves in the last ten seconds. */
const history = (moves: number, known: Partial<MoveHistory> = {}): MoveHistory => ({
  coolMs: Array.from({ length: moves }, (_, index) => nowMs - 1 - index),
  lastEndMs: nowMs,
  coldMs: 8,
  warmMs: null,
  ...known,
});

/** At 0.02 ms a touch and 5 ms between two of them it costs 4 ms in a second: as much as five moves of 8 ms in ten. */
const facts = (some: Partial<KeepingFacts>): KeepingFacts => ({
  wanted: "auto",
  nowMs,
  history: history(0),
  periodMs: null,
  touchMs: 0.02,
  ...some,
});

test("what is saved is what the moves of ten seconds would have waited, what it costs is the keeper's CPU time", () => {
  expect(savedMsPerSec(history(5), nowMs)).toBe(4);
  expect(savedMsPerSec(history(5, { warmMs: 3 }), nowMs)).toBe(2.5);
  expect(savedMsPerSec(history(5), nowMs + 10_000)).toBe(0);
  expect(savedMsPerSec(noMoves, nowMs)).toBe(0);
  expect(costMsPerSec(0.02, 5)).toBe(4);
});

test.each([
  [0, null, null],
  [4, null, null],
  [5, null, plainPeriodMs],
  [500, null, plainPeriodMs],
  // Once begun it goes on until it is worth half of what it costs.
  [4, 5, 5],
  [3, 5, 5],
  [2, 5, null],
  [0, 5, null],
] as const)("with %d moves in ten seconds and a period of %s the period is %s", (moves, periodMs, decided) => {
  expect(decideKeeping(facts({ history: history(moves), periodMs }))).toBe(decided);
});

test("where moves are quick anyway, by the kernel or a mount option, the lock is not kept", () => {
  expect(decideKeeping(facts({ history: history(1000, { coldMs: 0.03, warmMs: 0.03 }) }))).toBe(null);
  expect(decideKeeping(facts({ history: history(1000, { coldMs: null, warmMs: 0.03 }) }))).toBe(null);
});

test("where moves are quick anyway the period does not shrink, also when the lock is always kept", () => {
  const quick = (coldMs: number) =>
    facts({ wanted: "always", periodMs: 5, history: history(9, { coldMs, warmMs: coldMs }) });
  expect(decideKeeping(quick(0.03))).toBe(5);
  expect(decideKeeping(quick(0.99))).toBe(5);
  expect(decideKeeping(quick(1))).toBe(2);
});

test("where a touch is dear it must save more", () => {
  expect(decideKeeping(facts({ history: history(5), touchMs: 0.1 }))).toBe(null);
  expect(decideKeeping(facts({ history: history(25), touchMs: 0.1 }))).toBe(plainPeriodMs);
});

test("moves that are slow although the lock is kept make the period shorter, until that does not help", () => {
  const slow = history(500, { warmMs: 5 });
  expect([5, 2, 1].map((periodMs) => decideKeeping(facts({ history: slow, periodMs })))).toEqual([2, 1, null]);
  // Without the keeping the same figures say nothing of its period.
  expect(decideKeeping(facts({ history: slow }))).toBe(plainPeriodMs);
});

test("always and never are heeded whatever it costs", () => {
  expect(decideKeeping(facts({ wanted: "always" }))).toBe(plainPeriodMs);
  expect(decideKeeping(facts({ wanted: "always", periodMs: 1, history: history(9, { warmMs: 8 }) }))).toBe(1);
  expect(decideKeeping(facts({ wanted: "never", history: history(1000), periodMs: 5 }))).toBe(null);
});
