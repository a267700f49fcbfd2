import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { AttemptRecord } from "../../src/policy/records/index.ts";
import type { PolicyEventDocument } from "../../src/policy/session/index.ts";
import type { Bench, RunOptions } from "./bench.ts";
import { cProgram } from "./enrolling.ts";
import type { Telling } from "./telling.ts";
import { listenTo } from "./telling.ts";
import { until } from "./timing.ts";
import type { Program } from "./watching.ts";
import { startProgram } from "./watching.ts";

const limitMs = 120_000;
/** A `corral policy run --json` that runs. */
export interface RunningPolicy extends Telling<PolicyEventDocument> {
  readonly socket: string;
  /** Records of one process so far. */
  records(pid: number): readonly AttemptRecord[];
  /** Waits for the next record of a process. */
  recorded(pid: number, count?: number): Promise<readonly AttemptRecord[]>;
}

export interface PolicyRunOptions extends RunOptions {
  readonly socket?: string;
  /** A file of rules of these lines; null: the classic policy. */
  readonly rules?: readonly string[];
}

export const ruleFile = (bench: Bench, rules: readonly string[]): string => {
  const file = bench.fresh("policy.yaml");
  writeFileSync(file, ["version: 1", "rules:", ...rules, ""].join("\n"));
  return file;
};

/** Starts a policy and waits for its beginning. */
export async function startPolicy(
  t: TestContext,
  bench: Bench,
  flags: readonly string[],
  { socket = path.join(bench.fresh("enrol"), "s"), rules, ...options }: PolicyRunOptions = {},
): Promise<RunningPolicy> {
  const jsonl = bench.fresh("records.jsonl");
  const ruleFlags = rules === undefined ? [] : ["--rules", ruleFile(bench, rules)];
  const args = ["policy", "run", "--json", "--sock-path", socket, "--jsonl", jsonl, ...ruleFlags, ...flags];
  const telling = listenTo<PolicyEventDocument>(t, bench.start(args, { limitMs, ...options }));
  await telling.told("started");
  const records = (pid: number): AttemptRecord[] =>
    (existsSync(jsonl) ? readFileSync(jsonl, "utf8") : "")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AttemptRecord)
      .filter((record) => record.pid === pid);
  return {
    ...telling,
    socket,
    records,
    async recorded(pid, count = 1) {
      await until(`${count} records of ${pid}`, () => records(pid).length >= count, 10_000);
      return records(pid);
    },
  };
}

/** A workload that enrols at a socket: see test/host/fixtures/enrolled-workload.c for its modes. */
export const startWorkload = (t: TestContext, socket: string, mode: string, name = "workload"): Program =>
  startProgram(t, cProgram("enrolled-workload"), [mode, socket, name]);
