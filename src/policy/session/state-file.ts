import { readFileSync } from "node:fs";
import { replaceFile, replaceFileAside } from "../../kernel/files/index.ts";
import { bootId, identityOf } from "../../kernel/index.ts";
import type { Case, KeptCase } from "../engine/index.ts";
import type { Outcome } from "../model/index.ts";
import { decodePlain, encodePlain } from "../replay/index.ts";
import type { RuleSource } from "../rules/index.ts";

/** One process that a rule has. Times are CLOCK_MONOTONIC in nanoseconds, as text. */
export interface StateEntry {
  readonly rule: string;
  readonly pid: number;
  readonly start_ticks: number;
  readonly generation: number;
  readonly exec_ns: string | null;
  /** When the rule is due, null when it waits for something else or is done. */
  readonly deadline_ns: string | null;
  readonly acting: boolean;
  /** What it enrolled as, null when it has not. */
  readonly workload: string | null;
  readonly last_outcome: Outcome | null;
  readonly last_reason: string | null;
}

const stateSchema = "corral.policy-state/2";

/** What a policy knows of its processes: for the next run, and for `explain`. `corral.policy-state/2`. */
export interface PolicyState {
  readonly schema: typeof stateSchema;
  readonly boot_id: string;
  readonly pid: number;
  readonly start_ticks: number;
  readonly run_id: string;
  readonly written_ns: string;
  /** Rules that are in force. */
  readonly rules: RuleSource;
  readonly entries: readonly StateEntry[];
  /** What is still to be done or recorded. */
  readonly kept: readonly KeptCase[];
}

const nsText = (ns: bigint | null): string | null => ns?.toString() ?? null;

const entryOf = (one: Case): StateEntry => ({
  rule: one.rule.name,
  pid: one.identity.pid,
  start_ticks: one.identity.startTicks,
  generation: one.generation,
  exec_ns: nsText(one.tracked.execNs),
  deadline_ns: nsText(one.pendingNs),
  acting: one.isActing,
  workload: one.enrolment?.name ?? null,
  last_outcome: one.last?.outcome ?? null,
  last_reason: one.last?.reason ?? null,
});

export const toState = (
  runId: string,
  rules: RuleSource,
  cases: Iterable<Case>,
  kept: Iterable<KeptCase>,
): PolicyState => ({
  schema: stateSchema,
  boot_id: bootId(),
  pid: process.pid,
  start_ticks: identityOf(process.pid)?.startTicks ?? 0,
  run_id: runId,
  written_ns: process.hrtime.bigint().toString(),
  rules,
  entries: [...cases].map(entryOf),
  kept: [...kept],
});

/**
 * The state of a policy that ends in order: its records are written, and what was being done has been given up. Only deadlines
 * are left.
 */
export const atTheEnd = (state: PolicyState): PolicyState => ({
  ...state,
  kept: state.kept.flatMap((one) => (isPending(one) ? [{ ...one, unwritten: [] }] : [])),
});

const isPending = ({ deadlineNs, acting }: KeptCase): boolean => deadlineNs !== null && !acting;

const textOf = (state: PolicyState): string => `${encodePlain(state)}\n`;

/** Not synced: after a crash of the machine no process of it runs. @throws what keeps it from being written */
export const writeState = (path: string, state: PolicyState): void => replaceFile(path, textOf(state));

/** As `writeState`, of the state as it is now, while the event loop goes on. */
export const writeStateAside = (path: string, state: PolicyState): Promise<void> =>
  replaceFileAside(path, textOf(state));

/** The state that a policy of this boot left; null when there is none that can be read. */
export function readState(path: string): PolicyState | null {
  try {
    const state = decodePlain(readFileSync(path, "utf8")) as PolicyState;
    return state.schema === stateSchema && state.boot_id === bootId() ? state : null;
  } catch {
    return null;
  }
}
