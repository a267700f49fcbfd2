import type { IsolationDocument } from "./document-schema.ts";
import type { RunOutcome } from "./outcome.ts";
import { runDocument } from "./run-document.ts";
import type { ReplayOptions } from "./scenario.ts";
import { limitOf } from "./scenario.ts";
import { summarise } from "./summary.ts";

/** @returns what all runs say, policy by policy */
export function toDocument(options: ReplayOptions, outcomes: readonly RunOutcome[], kernel: string): IsolationDocument {
  const { sessions, traceMs, speed, seed, runs, policies } = options;
  const told = outcomes.map(runDocument);
  return {
    schema: "corral.isolation/1",
    scenario: { sessions, limit_bytes: limitOf(options), trace_ms: traceMs, speed, seeds: [seed] },
    kernel,
    complete: outcomes.length === runs * policies.length,
    policies: policies.map((policy) => summarise(policy, told)),
    runs: told,
  };
}
