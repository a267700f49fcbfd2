import { expect, test } from "vitest";
import { HoldBack } from "./hold-back.ts";
import type { MonitorLine } from "./monitor-line.ts";

/** Processes that must live 100, with events that may come 10 late; lines are told by their time alone. */
function holding() {
  const told: number[] = [];
  const emit = (line: MonitorLine): void => void told.push(Number(line.timestamp));
  const hold = new HoldBack({ minDurationNs: 100n, settleNs: 10n, emit });
  const line = (time: number): MonitorLine => ({ timestamp: BigInt(time), event: "LOST" }) as MonitorLine;
  return { hold, told, line };
}

test("of a process that ends too soon nothing is told, and it is counted", () => {
  const { hold, told, line } = holding();
  const one = {};
  hold.tell(one, 0n, line(1));
  expect([hold.isWaiting, hold.end(one, 0n, 99n, true), hold.isWaiting, told, hold.short]).toEqual([
    true,
    true,
    false,
    [],
    1,
  ]);
});

test("what is held is told in order before the end of a process that lived long enough", () => {
  const { hold, told, line } = holding();
  const one = {};
  hold.tell(one, 0n, line(1));
  hold.tell(one, 0n, line(2));
  expect([hold.end(one, 0n, 100n, true), told, hold.short]).toEqual([false, [1, 2], 0]);
});

test("a process that goes on is told once it has lived long enough and late events would have come", () => {
  const { hold, told, line } = holding();
  hold.tell({}, 0n, line(1));
  hold.advance(109n);
  expect(told).toEqual([]);
  hold.advance(110n);
  expect(told).toEqual([1]);
});

test("what is old already, or of an age that nobody knows, is told at once", () => {
  const { hold, told, line } = holding();
  const one = {};
  hold.tell(one, 0n, line(50));
  hold.tell(one, 0n, line(100));
  hold.tell({}, null, line(7));
  expect([told, hold.isWaiting]).toEqual([[50, 100, 7], false]);
});

test("at the end what has lived long enough is told, and the rest counted", () => {
  const { hold, told, line } = holding();
  hold.tell({}, 0n, line(1));
  hold.tell({}, 5n, line(6));
  hold.finish(100n);
  expect([told, hold.short]).toEqual([[1], 1]);
});

test("a process that executes without pause is not held for ever", () => {
  const { hold, told, line } = holding();
  const one = {};
  for (let at = 0; at < 300; at += 1) hold.tell(one, 0n, line(1));
  expect(told.length).toBe(256);
});
