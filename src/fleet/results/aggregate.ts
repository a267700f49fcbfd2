import type { LatencyTable } from "../latencies/index.ts";
import { LatencyTable as Table } from "../latencies/index.ts";
import type { Operation } from "../model/index.ts";
import type { ThresholdFigures } from "../thresholds/index.ts";
import type { AgentTally } from "./agent-tally.ts";
import { rateFigures } from "./result-rows.ts";

/** Work of several agents as one. */
export interface Aggregate {
  /** Sum of the latencies of all. */
  readonly table: LatencyTable;
  /** Of the agent that took longest. */
  readonly wallMs: number;
  readonly errors: bigint;
  readonly retries: bigint;
}

/** Adds agents up. A pure function of what they have told: asking twice changes nothing. */
export function aggregateWork(tallies: readonly AgentTally[]): Aggregate {
  const table = new Table();
  let [errors, retries, wallMs] = [0n, 0n, 0];
  for (const tally of tallies) {
    table.merge(tally.table);
    errors += tally.totals.errors;
    retries += tally.totals.retries;
    wallMs = Math.max(wallMs, tally.wallMs);
  }
  return { table, wallMs, errors, retries };
}

/** What was prepared, of those agents that have measured it; null: of none. */
export function aggregatePrepare(tallies: readonly AgentTally[]): Aggregate | null {
  const prepared = tallies.flatMap(({ prepare }) => (prepare === null ? [] : [prepare]));
  if (prepared.length === 0) return null;
  const table = new Table();
  for (const { cells } of prepared) table.add(cells);
  return { table, wallMs: Math.max(...prepared.map(({ wallMs }) => wallMs)), errors: 0n, retries: 0n };
}

/** Figures of one kind of operations, or of all of them. */
export function figuresFor({ table, wallMs, errors }: Aggregate, operation: Operation | null): ThresholdFigures {
  const group = operation === null ? table.sum() : table.sum([operation]);
  const ops = group.latencies.count;
  const attempts = ops + Number(errors);
  const rates = {
    ops,
    errors: Number(errors),
    error_rate: attempts === 0 ? null : Number(errors) / attempts,
  };
  if (ops === 0) {
    const none = { mean_us: null, p50_us: null, p90_us: null, p95_us: null, p99_us: null, max_us: null };
    return { ...none, ops_per_sec: 0, throughput_mibps: 0, ...rates };
  }
  return { ...rateFigures(group, wallMs), ...rates };
}
