import { expect, test } from "vitest";
import type { ProcessStat } from "../kernel/index.ts";
import { parseProcessStat } from "../kernel/index.ts";
import { judgeLeaderEnd } from "./leader-end.ts";

/** The stat file of a process with this state, flags and number of threads, started at tick 100. */
function stat(state: string, flags: number, threads: number): ProcessStat {
  const parsed = parseProcessStat(`7 (x) ${state} 1 1 1 0 0 ${flags} 0 0 0 0 0 0 0 0 20 0 ${threads} 0 100 0 0`);
  if (parsed === null) throw new Error("malformed");
  return parsed;
}

const [exiting, none] = [0x4, 0];

test.each([
  ["gone", null, 100, "ended"],
  ["a zombie", stat("Z", exiting, 1), 100, "ended"],
  ["not yet a zombie, its parent waits already", stat("R", exiting, 1), 100, "ended"],
  ["without threads it can count any more", stat("X", exiting, 0), 100, "ended"],
  ["another process by now", stat("S", none, 1), 90, "ended"],
  ["a zombie with other threads", stat("Z", exiting, 2), 100, "others go on"],
  ["ending before its threads", stat("R", exiting, 3), 100, "others go on"],
  ["alive: another thread is the leader now", stat("S", none, 1), 100, "was replaced"],
  ["alive and never seen before", stat("S", none, 1), null, "was replaced"],
] as const)("a leader that ended and is now %s", (_rule, now, startTicks, verdict) => {
  expect(judgeLeaderEnd(now, startTicks)).toBe(verdict);
});
