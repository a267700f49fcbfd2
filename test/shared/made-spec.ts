import type { Limits } from "../../src/cgroup/index.ts";
import type { ProcessAttributes, RunSpec } from "../../src/run/index.ts";
import { noAttributes } from "../../src/run/index.ts";

/** A job of `make` that asks for these limits and nothing else. */
export function specOf(limits: Limits, attributes: Partial<ProcessAttributes> = {}, account = false): RunSpec {
  return {
    command: ["make"],
    jobId: null,
    limits,
    attributes: { ...noAttributes, ...attributes },
    env: {},
    stdio: [0, 1, 2],
    timeoutMs: null,
    killAfterMs: 10_000,
    lifetime: "detach",
    processGroup: "own",
    strict: false,
    slaEligible: false,
    intent: null,
    tags: {},
    cgroupParent: null,
    scope: "auto",
    account,
  };
}
