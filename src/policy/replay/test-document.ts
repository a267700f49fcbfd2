import type { Outcome } from "../model/index.ts";
import type { Difference, Replayed } from "./replay.ts";

/** What a replay came to: `corral.policy-test/1`. */
export interface PolicyTestDocument {
  readonly schema: "corral.policy-test/1";
  readonly rules: "recorded" | "other";
  readonly inputs: number;
  readonly decisions: number;
  readonly attempts: readonly {
    readonly time: string;
    readonly rule: string;
    readonly action: string;
    readonly try: number;
    readonly pid: number;
    readonly generation: number;
    readonly comm: string | null;
    readonly deadline_ns: string | null;
    readonly outcome: Outcome;
    readonly reason: string;
  }[];
  readonly difference: Difference | null;
}

export const toTestDocument = ({ mode, inputs, decisions, attempts, difference }: Replayed): PolicyTestDocument => ({
  schema: "corral.policy-test/1",
  rules: mode === "same rules" ? "recorded" : "other",
  inputs,
  decisions,
  attempts: attempts.map(({ rule, action, process: one, deadlineNs, outcome, reason, tryNumber, wallTimeMs }) => ({
    time: new Date(wallTimeMs).toISOString(),
    rule,
    action,
    try: tryNumber,
    pid: one.identity.pid,
    generation: one.generation,
    comm: one.comm,
    deadline_ns: deadlineNs?.toString() ?? null,
    outcome,
    reason,
  })),
  difference,
});
