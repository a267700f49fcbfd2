import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { constraintStatuses, exitReasons, slaReasons } from "../../report/index.ts";
import type { ResultFacts } from "./result-facts.ts";
import { jobModes } from "./result-facts.ts";
import type { Fold } from "./result-fold.ts";
import { emptyFold, foldResult, ResultFold } from "./result-fold.ts";

const stamps = fc
  .integer({ min: 0, max: 5 })
  .map((second) => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString());
const microseconds = fc.bigInt({ min: 0n, max: 10n ** 12n });

const anyFacts: fc.Arbitrary<ResultFacts> = fc.record({
  jobId: fc.constantFrom("a", "b", "c"),
  mode: fc.constantFrom(...jobModes),
  reason: fc.constantFrom(...exitReasons),
  started: fc.boolean(),
  slaEligible: fc.boolean(),
  slaReason: fc.constantFrom(...slaReasons),
  endTime: fc.option(stamps),
  startTime: stamps,
  durationUs: fc.option(microseconds),
  exitCode: fc.constant(null),
  pid: fc.constant(null),
  cpuUs: microseconds,
  throttledUs: microseconds,
  oomKills: fc.bigInt({ min: 0n, max: 9n }),
  constraints: fc.array(
    fc.record({
      name: fc.constantFrom("cpu-quota", "memory-limit", "nice"),
      status: fc.constantFrom(...constraintStatuses),
    }),
    { maxLength: 3 },
  ),
});

const fold = (facts: readonly ResultFacts[], from: Fold = emptyFold): Fold =>
  facts.reduce((so, one) => foldResult(so, one, 4), from);

/** Lists in no order of their own, so that equal folds compare equal. */
const canonical = ({ counters, violations, ...rest }: Fold) => ({
  ...rest,
  counters: { ...counters, constraints: Object.fromEntries(counters.constraints) },
  violations: violations.map(({ job_id, end_time, start_time }) => [job_id, end_time, start_time]),
});

test("the order of results makes no difference to what they add up to", () => {
  const shuffled = fc
    .array(anyFacts, { maxLength: 30 })
    .chain((facts) =>
      fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length, maxLength: facts.length })),
    );
  fc.assert(
    fc.property(shuffled, ([facts, others]) => {
      expect(canonical(fold(others))).toEqual(canonical(fold(facts)));
    }),
  );
});

test("folding in parts gives what folding at once gives", () => {
  fc.assert(
    fc.property(fc.array(anyFacts), fc.nat(30), (facts, at) => {
      expect(fold(facts.slice(at), fold(facts.slice(0, at)))).toEqual(fold(facts));
    }),
  );
});

test("the sums are those of the results, however they are grouped", () => {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  fc.assert(
    fc.property(fc.array(anyFacts), (facts) => {
      const { jobs, durations, slaCompliant, slaViolations, constraints } = fold(facts).counters;
      const timed = facts.filter(({ started, durationUs }) => started && durationUs !== null);
      expect([
        sum(jobModes.flatMap((mode) => Object.values(jobs[mode]))),
        sum(jobModes.flatMap((mode) => durations[mode].buckets)),
        slaCompliant + sum(Object.values(slaViolations)),
        sum([...constraints.values()].flatMap((counts) => Object.values(counts))),
      ]).toEqual([
        facts.length,
        timed.length,
        facts.filter(({ slaEligible }) => slaEligible).length,
        sum(facts.map((one) => one.constraints.length)),
      ]);
    }),
  );
});

const one: ResultFacts = {
  jobId: "j",
  mode: "run",
  reason: "success",
  started: true,
  slaEligible: false,
  slaReason: "completed_successfully",
  endTime: "2026-01-02T03:04:05.678Z",
  startTime: "2026-01-02T03:04:04.678Z",
  durationUs: 1_000_000n,
  exitCode: 0,
  pid: 7,
  cpuUs: 0n,
  throttledUs: 0n,
  oomKills: 0n,
  constraints: [],
};

test("a violation counts only for a job with --sla-eligible", () => {
  const lost = { ...one, slaReason: "monitor_lost" } as const;
  expect(fold([lost])).toMatchObject({
    violations: [],
    counters: { slaCompliant: 0, slaViolations: { monitor_lost: 0 } },
  });
  expect(
    fold([
      { ...lost, slaEligible: true },
      { ...one, slaEligible: true },
    ]),
  ).toMatchObject({
    violations: [
      {
        job_id: "j",
        reason: "monitor_lost",
        duration_sec: 1,
        exit_code: 0,
        pid: 7,
        end_time: "2026-01-02T03:04:05.678Z",
        start_time: "2026-01-02T03:04:04.678Z",
      },
    ],
    counters: { slaCompliant: 1, slaViolations: { monitor_lost: 1 } },
  });
});

test("the newest violations are listed first, by the beginning where nobody saw the end", () => {
  const at = (jobId: string, startTime: string, endTime: string | null): ResultFacts => ({
    ...one,
    jobId,
    startTime: `2026-01-02T03:04:${startTime}.000Z`,
    endTime: endTime === null ? null : `2026-01-02T03:04:${endTime}.000Z`,
    slaEligible: true,
    slaReason: "cgroup_cleanup_failed",
  });
  const facts = [
    at("a", "01", "09"),
    at("b", "03", null),
    at("c", "02", "05"),
    at("d", "01", "02"),
    at("e", "00", "01"),
  ];
  expect(fold(facts).violations.map(({ job_id }) => job_id)).toEqual(["a", "c", "b", "d"]);
});

test("a duration counts in the first bucket whose bound it does not pass, and a job that never ran in none", () => {
  const lasting = (durationUs: bigint | null, started = true): ResultFacts => ({ ...one, durationUs, started });
  const facts = [lasting(0n), lasting(100_000n), lasting(100_001n), lasting(86_400_000_001n), lasting(0n, false)];
  expect(fold([...facts, lasting(null)]).counters.durations.run).toEqual({
    buckets: [2, 1, 0, 0, 0, 0, 0, 0, 0, 1],
    sumUs: 86_400_200_002n,
  });
});

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "corral-fold-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const usage = { cpu_user_us: 1, cpu_sys_us: 2, throttled_us: null, oom_kills: null };
const resultText = (reason: string): string =>
  JSON.stringify({
    schema: "corral.report/1",
    job_id: "j",
    mode: "run",
    sla_eligible: false,
    pid: 11,
    start_time: "2026-01-02T03:04:05.678Z",
    end_time: null,
    duration_sec: null,
    exit_code: null,
    exit_reason: reason,
    start_error: null,
    platform_sla_compliant: true,
    platform_sla_reason: "workload_failed_platform_ok",
    constraints: [],
    usage,
  });
const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

/** How many results were counted by reason, where there are any, and how many files were none. */
function told({ counters, unreadable }: Fold): Record<string, number> {
  const some = Object.entries(counters.jobs.run).filter(([, count]) => count > 0);
  return { ...Object.fromEntries(some), unreadable };
}

test("a directory that is not there holds no results", async () => {
  expect(await new ResultFold(join(directory, "none")).update()).toEqual(emptyFold);
});

test("a directory that is none is an error that names it", async () => {
  put("file", "x");
  const path = join(directory, "file");
  await expect(new ResultFold(path).update()).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
    message: `cannot read the results in ${path}: ENOTDIR`,
  });
});

test("what is no result is counted apart and hides no other; what is not named .json is not looked at", async () => {
  put("a.json", resultText("success"));
  put("b.json", resultText("error").slice(0, 100));
  put("c.json", "a text of somebody else");
  put("d.json", resultText("error"));
  put("e.json.7.tmp", "half");
  put("README", "not a result");
  mkdirSync(join(directory, "folder.json"));
  symlinkSync("/dev/zero", join(directory, "link.json"));
  symlinkSync("nowhere", join(directory, "dangling.json"));
  expect(told(await new ResultFold(directory).update())).toEqual({ success: 1, error: 1, unreadable: 5 });
});

test("asked again, a fold takes only what is new, and keeps what was removed", async () => {
  const results = new ResultFold(directory);
  put("a.json", resultText("success"));
  put("b.json", "nonsense");
  expect(told(await results.update())).toEqual({ success: 1, unreadable: 1 });
  // Were it read again, it would count as another result.
  put("a.json", resultText("signal"));
  put("c.json", resultText("success"));
  expect(told(await results.update())).toEqual({ success: 2, unreadable: 1 });
  rmSync(join(directory, "a.json"));
  expect(told(await results.update())).toEqual({ success: 2, unreadable: 1 });
});

test("asked twice at once, a fold counts nothing twice", async () => {
  const results = new ResultFold(directory);
  for (let at = 0; at < 50; at += 1) put(`${at}.json`, resultText("success"));
  const [first, second] = await Promise.all([results.update(), results.update()]);
  expect([told(first), told(second)]).toEqual([
    { success: 50, unreadable: 0 },
    { success: 50, unreadable: 0 },
  ]);
});

test("a failure to list is not the end: the next call tries again", async () => {
  const results = new ResultFold(join(directory, "results"));
  put("results", "in the way");
  await expect(results.update()).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
  rmSync(join(directory, "results"));
  mkdirSync(join(directory, "results"));
  put("results/a.json", resultText("success"));
  expect(told(await results.update())).toEqual({ success: 1, unreadable: 0 });
});
