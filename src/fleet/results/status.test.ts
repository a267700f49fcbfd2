import { expect, test } from "vitest";
import type { Link } from "../controller/index.ts";
import { noTotals } from "../model/index.ts";
import { AgentTally } from "./agent-tally.ts";
import type { AgentFacts } from "./build-status.ts";
import { buildStatus } from "./build-status.ts";
import { startSkew } from "./start-skew.ts";
import { statusText } from "./status-text.ts";

const startNs = 1_800_000_000_000_000_000n;

/** An agent whose clock is so far ahead, and that began so late. */
function linkOf(agentId: string, { aheadNs = 0n, lateNs = 0n, errorNs = 20_000n }, rest: Partial<Link> = {}): Link {
  return {
    assignment: { agentId, config: "", pathPrefix: "", index: 0, count: 2 },
    state: "completed",
    isOpen: false,
    attempts: 1,
    problem: null,
    isTold: false,
    retryAtMs: null,
    limitMs: null,
    heardMs: 0,
    reportedMs: 0,
    pingedMs: null,
    unanswered: 0,
    asked: new Map(),
    probesLeft: 0,
    samples: [],
    clock: { offsetNs: aheadNs, errorNs },
    stage: 0,
    sequence: 4n,
    missed: 0n,
    prepared: null,
    totals: noTotals,
    actualStartNs: startNs + aheadNs + lateNs,
    failure: null,
    ...rest,
  };
}

test("the skew of a start leaves the offsets of clocks out, and says what is not known of them", () => {
  const links = [
    linkOf("a", { aheadNs: 10_000_000_000n, lateNs: 150_000n }),
    linkOf("b", { aheadNs: -10_000_000_000n, lateNs: 400_000n, errorNs: 30_000n }),
    linkOf("c", { lateNs: 9_000_000n }, { actualStartNs: null }),
  ];
  expect(startSkew(links, startNs)).toEqual({ agents: 2, spread_us: 250, error_us: 50 });
  expect(startSkew(links.slice(1), startNs)).toBeNull();
  expect(startSkew(links, null)).toBeNull();
});

const facts = (link: Link, failedAfterStartMs: number | null = null): AgentFacts => ({
  address: "10.0.0.1:7167",
  link,
  tallies: [new AgentTally()],
  stageName: null,
  failedAfterStartMs,
});

test("a status has every agent that was asked for, and for people why one failed", () => {
  const failure = { cause: "lost", message: "the connection was\nreset", during: "collecting" } as const;
  const status = buildStatus({
    run: "nightly",
    results: "/srv/runs/1",
    outcome: "partial",
    why: "1 of 2 agents completed",
    startedAtMs: 1_799_999_990_000,
    startNs,
    endedAtMs: 1_800_000_009_500,
    durationMs: 19_500,
    stages: [],
    agents: [
      facts(linkOf("a", { lateNs: 1000n })),
      facts(linkOf("b", {}, { state: "failed", failure }), 4200),
      facts(linkOf("c", {}, { state: "aborted", actualStartNs: null, failure: { ...failure, cause: "aborted" } })),
    ],
    thresholds: [
      { threshold: "p99_us < 5000", value: 6000.123, passed: false },
      { threshold: "ops > 0", value: null, passed: false },
    ],
    warnings: ["WARNING: odd"],
  });
  expect(status).toMatchObject({
    outcome: "partial",
    exit_status: 2,
    agents_completed: 1,
    agents_failed: 1,
    agents_aborted: 1,
  });
  expect(status.agents[1]?.failure).toEqual({ ...failure, stage: null, after_start_sec: 4.2 });
  expect(statusText(status)).toBe(`TEST STATUS: FAILURE
Outcome: partial (exit status 2): 1 of 2 agents completed
Run: nightly
Ended: 2027-01-15T08:00:09.500Z after 19.50 s
Agents: 3 in all, 1 completed, 1 failed, 1 ended with the run
Operations: 0, and 0 that failed
Start: 2 agents within 1 us of each other (off by at most 40 us)

Agents:
  agent  address        state      operations  bytes  errors  clock             started late by
  a      10.0.0.1:7167  COMPLETED  0           0 B    0       0.000 ms ± 0.020  1 us
  b      10.0.0.1:7167  FAILED     0           0 B    0       0.000 ms ± 0.020  0 us
  c      10.0.0.1:7167  ABORTED    0           0 B    0       0.000 ms ± 0.020  -

Failures:
  b failed 4.20 s after the start while collecting (lost): "the connection was\\nreset"

Thresholds:
  MISSED: p99_us < 5000 (it is 6000.12)
  MISSED: ops > 0 (nothing was measured)

Warnings:
  WARNING: odd
`);
});
