import type { Rule } from "./rule.ts";
import { limitDefaults } from "./rule.ts";

export interface ClassicOptions {
  /** From exec to the request. */
  readonly delayNs: bigint;
  readonly dryRun: boolean;
}

/** As long as the slowest workload that was measured needs, many times over. */
const ackTimeoutMs = 30_000;

/**
 * The classic policy as one rule: some time after its exec every workload that has enrolled is asked to compress its memory,
 * once. Who has not enrolled by then is a miss, and who has ended is left alone. One record for each executed program, when it is over.
 */
export function classicRule({ delayNs, dryRun }: ClassicOptions): Rule {
  return {
    name: "classic",
    text: `classic ${delayNs} ${dryRun}`,
    select: {
      match: [],
      except: [],
      ancestor: null,
      enrolment: "expected",
      workload: null,
      tags: [],
      minRssBytes: 0,
    },
    when: { kind: "since", event: "exec", afterNs: delayNs },
    action: { do: "message", verb: "compress", params: {} },
    othersInGroup: false,
    ackTimeoutMs,
    verify: null,
    limits: { ...limitDefaults, inFlight: 16, maxWaitNs: 60_000_000_000n, dryRun },
    record: "at_exit",
    adopt: false,
  };
}
