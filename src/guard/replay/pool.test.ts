import { expect, test } from "vitest";
import { toDocument } from "./document.ts";
import type { IsolationDocument } from "./document-schema.ts";
import { poolDocuments, readDocument } from "./pool.ts";
import { toText } from "./report.ts";
import type { ReplayPolicy } from "./scenario.ts";

/** Runs of one policy with a seed; the first agent takes so long in each. */
function documentOf(seed: number, policy: ReplayPolicy, elapsedMs: readonly number[], limitBytes = 1000): string {
  const options = {
    policies: [policy],
    runs: elapsedMs.length,
    sessions: 2,
    limitBytes,
    speed: 10,
    traceMs: 60_000,
    seed,
  };
  const outcomes = elapsedMs.map((ms, index) => ({
    ...{ run: index + 1, seed, policy, oomKills: 0, peakMib: null, steps: [], durationMs: 9000, guardCpuMs: null },
    sessions: [
      {
        ...({ name: "session_high", class: "high", fate: "completed", plannedMs: 6000 } as const),
        ...{ elapsedMs: ms, endedMs: ms, allocationMs: [ms / 1000], peakMib: 400 },
        spent: { cpuUserMs: null, cpuSysMs: null, cpuWaitMs: null, memoryWaitMs: null },
      },
    ],
  }));
  return JSON.stringify(toDocument(options, outcomes, "7.2"));
}

const read = (name: string, text: string) => readDocument(name, text);
const alone = read("alone.json", documentOf(3, "alone", [6000, 6000, 6000, 6000, 6000, 6000]));
const early = read("early.json", documentOf(3, "two-stage", [6600, 6600, 6600]));
const late = read("late.json", documentOf(4, "two-stage", [6600, 6600, 6600]));

test("runs of several documents are summed up as those of one, in the order of policies", () => {
  const pooled = poolDocuments([early, late, alone]);
  expect(pooled.scenario.seeds).toEqual([3, 4]);
  expect(pooled.policies.map(({ policy, runs }) => [policy, runs])).toEqual([
    ["alone", 6],
    ["two-stage", 6],
  ]);
  const high = pooled.policies[1]?.classes[0];
  expect([high?.survived?.count, high?.allocation_p50_ms]).toEqual([6, 6.6]);
  expect(high?.slowdown_against_alone).toEqual({ value: 1.1, low: 1.1, high: 1.1 });
  expect(toText(pooled).split("\n")[0]).toBe("2 agents in 1000 B, 10 times as fast, seeds 3, 4, Linux 7.2");
});

test("one document pooled alone says what it said", () => {
  expect(poolDocuments([late])).toEqual(late.document);
});

const refusal = (make: () => unknown): string => {
  try {
    make();
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return "taken";
};

test("a run that is there twice, and runs under other conditions, are refused with both files", () => {
  expect(refusal(() => poolDocuments([early, read("copy.json", documentOf(3, "two-stage", [7000]))]))).toBe(
    '--pool "copy.json" has run 1 of two-stage with seed 3, as "early.json" has',
  );
  expect(refusal(() => poolDocuments([early, read("large.json", documentOf(9, "two-stage", [7000], 2000))]))).toBe(
    '--pool "large.json" has other runs than "early.json": 2 agents in 2000 bytes, 60000 ms of trace 10 times as fast, Linux 7.2, not 2 agents in 1000 bytes, 60000 ms of trace 10 times as fast, Linux 7.2',
  );
});

test("what is no whole document is refused with the place of the mistake", () => {
  const changed = (change: (document: IsolationDocument) => object): string =>
    refusal(() => read("a.json", JSON.stringify(change(early.document))));
  expect(refusal(() => read("a.json", "{"))).toBe('--pool "a.json" is no JSON');
  for (const schema of ["corral.report/1", undefined])
    expect(changed((document) => ({ ...document, schema }))).toBe('--pool "a.json" is no corral.isolation/1');
  expect(refusal(() => read("a.json", "null"))).toBe('--pool "a.json" is no corral.isolation/1');
  expect(
    changed(({ runs: [first, ...runs], ...document }) => ({ ...document, runs: [{ ...first, seed: "x" }, ...runs] })),
  ).toContain("is no corral.isolation/1: runs[0].seed ");
});
