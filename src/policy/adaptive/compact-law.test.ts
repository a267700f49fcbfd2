import { expect, test } from "vitest";
import type { CompactLook, CompactState } from "./compact-law.ts";
import { compactDefaults, decideCompaction, finished, firstCompactState } from "./compact-law.ts";

const mib = 2 ** 20;

/** Looks once a second; told is what was decided at each. */
function play(looks: readonly (Partial<CompactLook> | "done")[], start: CompactState = firstCompactState(0)) {
  let state = start;
  let atMs = state.sinceMs;
  const told: string[] = [];
  for (const one of looks) {
    if (one === "done") {
      state = finished(state, 20 * mib);
      continue;
    }
    atMs += 1000;
    const next = decideCompaction(state, { atMs, cpuShare: 0, rssBytes: 100 * mib, ...one }, compactDefaults);
    state = next.state;
    told.push(next.decision.decision === "wait" ? next.decision.why : next.decision.decision.toUpperCase());
  }
  return { state, told };
}

const idle = (count: number, change: Partial<CompactLook> = {}) => Array.from({ length: count }, () => change);
const busy = { cpuShare: 0.5 };

test("what is idle becomes cold after its time, is paged out after another, and then left alone", () => {
  const { told, state } = play([...idle(11), ...idle(10), ...idle(2), "done", ...idle(2)]);
  expect(told).toEqual([
    ...Array.from({ length: 10 }, () => "idle"),
    "COLD",
    ...Array.from({ length: 9 }, () => "cold"),
    "PAGEOUT",
    "PAGEOUT",
    "PAGEOUT",
    "compacted",
    "compacted",
  ]);
  expect(state).toEqual({
    phase: "compacted",
    sinceMs: 21_000,
    coldMs: 11_000,
    pageoutMs: 21_000,
    compactedBytes: 20 * mib,
  });
});

test("waking at any moment stops it, and the time counts from then", () => {
  expect(play([...idle(5), busy, ...idle(10)]).told.slice(5)).toEqual([
    "awake",
    ...Array.from({ length: 10 }, () => "idle"),
  ]);
  for (const before of [11, 15, 21, 22]) {
    const { told, state } = play([...idle(before), busy]);
    expect([told.at(-1), state.phase]).toEqual(["WAKE", "awake"]);
  }
  const { told } = play([...idle(22), "done", ...idle(1), busy]);
  expect(told.at(-1)).toBe("WAKE");
});

test("what is small, or has hardly grown since it was paged out, is left alone", () => {
  expect(play(idle(12, { rssBytes: 11 * mib })).told.slice(-2)).toEqual(["small", "small"]);
  const compacted = play([...idle(22), "done", busy]).state;
  expect(play(idle(12, { rssBytes: 25 * mib }), compacted).told.slice(-2)).toEqual(["nothing_new", "nothing_new"]);
  expect(play(idle(12, { rssBytes: 30 * mib }), compacted).told.slice(-2)).toEqual(["COLD", "cold"]);
});

test("two advices of a kind keep their distance although the idle times are short", () => {
  const tuning = { ...compactDefaults, idleMs: 1000, pageoutMs: 1000 };
  const state: CompactState = { phase: "idle", sinceMs: 0, coldMs: 9000, pageoutMs: 9000, compactedBytes: null };
  const look = (atMs: number) => ({ atMs, cpuShare: 0, rssBytes: 100 * mib });
  expect(decideCompaction(state, look(13_999), tuning).decision).toEqual({ decision: "wait", why: "throttled" });
  expect(decideCompaction(state, look(14_000), tuning).decision).toEqual({ decision: "cold" });
  const cold: CompactState = { ...state, phase: "cold" };
  expect(decideCompaction(cold, look(18_999), tuning).decision).toEqual({ decision: "wait", why: "throttled" });
  expect(decideCompaction(cold, look(19_000), tuning).decision).toEqual({ decision: "pageout" });
});
