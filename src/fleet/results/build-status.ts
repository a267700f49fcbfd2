import type { Link } from "../controller/index.ts";
import type { FleetOutcome } from "../model/index.ts";
import { fleetExit } from "../model/index.ts";
import type { ThresholdVerdict } from "../thresholds/index.ts";
import type { AgentTally } from "./agent-tally.ts";
import type { FleetStatus } from "./documents.ts";
import { startLateUs, startSkew } from "./start-skew.ts";

/** What a status is made of. Moments of the wall clock in milliseconds. */
export interface StatusFacts {
  readonly run: string;
  /** Null: it still runs. */
  readonly outcome: FleetOutcome | null;
  readonly why: string;
  readonly startedAtMs: number;
  readonly startNs: bigint | null;
  readonly endedAtMs: number | null;
  /** By the monotonic clock. */
  readonly durationMs: number | null;
  readonly agents: readonly AgentFacts[];
  readonly thresholds: readonly ThresholdVerdict[];
  readonly warnings: readonly string[];
}

/** What is known of one agent. */
export interface AgentFacts {
  readonly address: string;
  readonly link: Readonly<Link>;
  readonly tally: AgentTally;
  /** When it failed, since the common start; null: it did not, or before. */
  readonly failedAfterStartMs: number | null;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const msOf = (ns: bigint): number => Number(ns) / 1e6;
const secondsOf = (ms: number): number => ms / 1000;

function agentStatus({ address, link, tally, failedAfterStartMs }: AgentFacts, startNs: bigint | null) {
  const { getOperations, putOperations, metaOperations, getBytes, putBytes, errors } = tally.totals;
  const { failure, clock } = link;
  return {
    agent_id: link.assignment.agentId,
    address,
    state: link.state,
    failure:
      failure === null
        ? null
        : {
            ...failure,
            after_start_sec: failedAfterStartMs === null ? null : secondsOf(failedAfterStartMs),
          },
    attempts: link.attempts,
    clock_offset_ms: clock === null ? null : msOf(clock.offsetNs),
    clock_error_ms: clock === null ? null : msOf(clock.errorNs),
    start_late_us: startLateUs(link, startNs),
    wall_sec: tally.wallMs === 0 && !tally.isComplete ? null : secondsOf(tally.wallMs),
    operations: Number(getOperations + putOperations + metaOperations),
    bytes: Number(getBytes + putBytes),
    errors: Number(errors),
    metrics: { ...tally.totals.metrics },
    missed_messages: Number(link.missed),
  };
}

/** The status of a run, of what is known of it. */
export function buildStatus(facts: StatusFacts): FleetStatus {
  const { outcome, startNs } = facts;
  const agents = facts.agents.map((one) => agentStatus(one, startNs));
  const count = (state: string): number => agents.filter((one) => one.state === state).length;
  const sum = (value: (agent: (typeof agents)[number]) => number): number =>
    agents.reduce((total, one) => total + value(one), 0);
  return {
    schema: "corral.fleet-status/1",
    run: facts.run,
    outcome: outcome ?? "running",
    exit_status: outcome === null ? null : fleetExit[outcome],
    why: facts.why,
    started_at: new Date(facts.startedAtMs).toISOString(),
    start_at: startNs === null ? null : iso(msOf(startNs)),
    ended_at: iso(facts.endedAtMs),
    duration_sec: facts.durationMs === null ? null : secondsOf(facts.durationMs),
    agents_total: agents.length,
    agents_completed: count("completed"),
    agents_failed: count("failed"),
    start_skew: startSkew(
      facts.agents.map(({ link }) => link),
      startNs,
    ),
    operations: sum(({ operations }) => operations),
    errors: sum(({ errors }) => errors),
    agents,
    thresholds: [...facts.thresholds],
    warnings: [...facts.warnings],
  };
}
