import { expect, test } from "vitest";
import type { SessionSpec } from "./session-settings.ts";
import { plainTools, sessionLimits } from "./session-settings.ts";
import { planBudget } from "./tool-budget.ts";

const mib = 2 ** 20;

const session = (change: Partial<SessionSpec> = {}): SessionSpec => ({
  name: "s",
  class: "normal",
  owner: 1000,
  limits: sessionLimits("normal", {}),
  tools: plainTools,
  ttlMs: null,
  origin: "file",
  ...change,
});

test("without a hint a call has the session's standard and no cap on memory", () => {
  expect(planBudget({}, session())).toEqual({
    limits: { pidsMax: 512 },
    timeMs: null,
    class: "normal",
    usualBytes: null,
    memoryAsked: false,
    lowered: [],
  });
});

test("what is hinted at is granted where nothing bounds it", () => {
  const hint = { memoryBytes: 256 * mib, cpuPercent: 150, pids: 8, timeMs: 1000, ioWeight: 30, class: "low" } as const;
  expect(planBudget(hint, session())).toEqual({
    limits: {
      pidsMax: 8,
      memoryMax: 256 * mib,
      oomGroup: true,
      cpuMax: { quotaUs: 150_000, periodUs: 100_000 },
      cpuWeight: 50,
      ioWeight: 30,
    },
    timeMs: 1000,
    class: "low",
    usualBytes: null,
    memoryAsked: true,
    lowered: [],
  });
});

test("nothing is granted above the ceilings of the tools, the limits of the session or its class", () => {
  const bounded = session({
    limits: sessionLimits("normal", { memoryMax: 512 * mib, pidsMax: 100 }),
    tools: { ...plainTools, ceilings: { memoryBytes: 128 * mib, cpuPercent: 50 }, timeMs: 2000 },
  });
  const hint = { memoryBytes: 1024 * mib, cpuPercent: 100, pids: 500, timeMs: 9000, class: "high" } as const;
  expect(planBudget(hint, bounded)).toEqual({
    limits: {
      pidsMax: 100,
      memoryMax: 128 * mib,
      oomGroup: true,
      cpuMax: { quotaUs: 50_000, periodUs: 100_000 },
      cpuWeight: 100,
    },
    timeMs: 2000,
    class: "normal",
    usualBytes: null,
    memoryAsked: true,
    lowered: ["memory", "cpu", "pids", "time", "class"],
  });
});

test("a hint of as much as there may be gets the ceiling, which is no lowering", () => {
  const bounded = session({ limits: sessionLimits("normal", { memoryHigh: 64 * mib }) });
  expect(planBudget({ memoryBytes: "max" }, bounded)).toMatchObject({ limits: { memoryMax: 64 * mib }, lowered: [] });
  expect(planBudget({ memoryBytes: "max" }, session()).limits.memoryMax).toBe(undefined);
});

test("what its kind usually needs slows down a call that says nothing of its memory, and never kills it", () => {
  const { limits, usualBytes } = planBudget({}, session(), 64 * mib);
  expect([limits.memoryHigh, limits.memoryMax, usualBytes]).toEqual([64 * mib, undefined, 64 * mib]);
});

test("a hint, the session's file, and a cap that is lower count for more than what its kind usually needs", () => {
  const usual = (hint: Parameters<typeof planBudget>[0], tools: Partial<SessionSpec["tools"]>): number | null =>
    planBudget(hint, session({ tools: { ...plainTools, ...tools } }), 64 * mib).usualBytes;
  expect(usual({ memoryBytes: 512 * mib }, {})).toBeNull();
  expect(usual({}, { limits: { memoryMax: 512 * mib } })).toBeNull();
  expect(usual({}, { limits: { memoryHigh: 512 * mib } })).toBeNull();
  expect(usual({}, { ceilings: { memoryBytes: 64 * mib } })).toBeNull();
  expect(usual({ cpuPercent: 50 }, { ceilings: { memoryBytes: 65 * mib } })).toBe(64 * mib);
});
