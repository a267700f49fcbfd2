import type { Link } from "../controller/index.ts";
import type { FleetOutcome } from "../model/index.ts";
import { fleetExit } from "../model/index.ts";
import type { ThresholdVerdict } from "../thresholds/index.ts";
import type { AgentTally } from "./agent-tally.ts";
import { aggregateWork } from "./aggregate.ts";
import type { FleetStatus } from "./documents.ts";
import type { StageRecord } from "./stage-record.ts";
import { startLateUs, startSkew } from "./start-skew.ts";

/** What a status is made of. Moments of the wall clock in milliseconds. */
export interface StatusFacts {
  readonly run: string;
  /** Directory of the results, from the root. */
  readonly results: string;
  /** Null: it still runs. */
  readonly outcome: FleetOutcome | null;
  readonly why: string;
  readonly startedAtMs: number;
  readonly startNs: bigint | null;
  readonly endedAtMs: number | null;
  /** By the monotonic clock. */
  readonly durationMs: number | null;
  readonly agents: readonly AgentFacts[];
  readonly stages: readonly StageRecord[];
  readonly thresholds: readonly ThresholdVerdict[];
  readonly warnings: readonly string[];
}

/** What is known of one agent. */
export interface AgentFacts {
  readonly address: string;
  readonly link: Readonly<Link>;
  /** Of every stage. */
  readonly tallies: readonly AgentTally[];
  /** The stage that it is in; null: there is only one. */
  readonly stageName: string | null;
  /** When it failed, since the common start; null: it did not, or before. */
  readonly failedAfterStartMs: number | null;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const msOf = (ns: bigint): number => Number(ns) / 1e6;
const secondsOf = (ms: number): number => ms / 1000;

function agentStatus(facts: AgentFacts, startNs: bigint | null) {
  const { address, link, tallies, stageName, failedAfterStartMs } = facts;
  const { getOperations, putOperations, metaOperations, getBytes, putBytes, errors } = aggregateWork(tallies).totals;
  const worked = tallies.filter(({ wallMs, isComplete }) => wallMs > 0 || isComplete);
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
            stage: stageName,
            after_start_sec: failedAfterStartMs === null ? null : secondsOf(failedAfterStartMs),
          },
    attempts: link.attempts,
    clock_offset_ms: clock === null ? null : msOf(clock.offsetNs),
    clock_error_ms: clock === null ? null : msOf(clock.errorNs),
    start_late_us: startLateUs(link, startNs),
    wall_sec: worked.length === 0 ? null : secondsOf(worked.reduce((sum, { wallMs }) => sum + wallMs, 0)),
    operations: Number(getOperations + putOperations + metaOperations),
    bytes: Number(getBytes + putBytes),
    errors: Number(errors),
    metrics: Object.assign({}, ...tallies.map(({ totals }) => totals.metrics)) as Record<string, number>,
    missed_messages: Number(link.missed),
  };
}

/** How a stage went, of the agents whose clocks are known. */
function stageStatus(record: StageRecord, agents: readonly AgentFacts[]) {
  const { stage, number, tallies, startNs, starts } = record;
  const totals = aggregateWork(tallies).totals;
  const began = agents.map(({ link }, agent) => ({ actualStartNs: starts.get(agent) ?? null, clock: link.clock }));
  return {
    number,
    name: stage.name,
    barrier: stage.barrier,
    start_at: startNs === null ? null : iso(msOf(startNs)),
    agents_completed: tallies.filter(({ isComplete }) => isComplete).length,
    start_skew: stage.barrier ? startSkew(began, startNs) : null,
    wall_sec: secondsOf(record.consolidated().work.wallMs),
    operations: Number(totals.getOperations + totals.putOperations + totals.metaOperations),
    errors: Number(totals.errors),
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
    results: facts.results,
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
    agents_aborted: count("aborted"),
    start_skew: startSkew(
      facts.agents.map(({ link }) => link),
      startNs,
    ),
    operations: sum(({ operations }) => operations),
    errors: sum(({ errors }) => errors),
    stages: facts.stages.filter(({ stem }) => stem !== null).map((one) => stageStatus(one, facts.agents)),
    agents,
    thresholds: [...facts.thresholds],
    warnings: [...facts.warnings],
  };
}
