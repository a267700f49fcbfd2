import { expect, test } from "vitest";
import type { Move, MoveHistory } from "./move-history.ts";
import { noMoves, noteMove } from "./move-history.ts";

const after = (...moves: readonly Move[]): MoveHistory => moves.reduce(noteMove, noMoves);
const move = (startMs: number, tookMs: number, kept = false): Move => ({ startMs, tookMs, kept });

test("a move after a rest is a cold one, one that follows at once is warm and saves nothing", () => {
  expect(after(move(100, 8), move(109, 0.1), move(119.1, 4))).toEqual({
    coolMs: [100, 119.1],
    lastEndMs: 123.1,
    coldMs: 7,
    warmMs: 0.1,
  });
});

test("while the lock is kept every move is warm, and those after a rest count as saved", () => {
  expect(after(move(0, 8), move(1000, 0.1, true), move(1001, 0.5, true))).toEqual({
    coolMs: [0, 1000],
    lastEndMs: 1001.5,
    coldMs: 8,
    warmMs: 0.2,
  });
});

test("moves of more than ten seconds ago are forgotten", () => {
  const { coolMs } = after(move(0, 8), move(500, 8), move(10_000, 8));
  expect(coolMs).toEqual([500, 10_000]);
});

test("a warm move counts as a cold one at most, so that one which waited for a CPU does not spoil the average", () => {
  const { warmMs } = after(move(0, 8), move(1000, 0, true), move(2000, 400, true));
  expect(warmMs).toBe(2);
});
