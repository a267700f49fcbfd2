import { LatencyTable } from "../latencies/index.ts";
import type { Operation, Totals } from "../model/index.ts";
import { noTotals, operations } from "../model/index.ts";
import type { ThresholdFigures } from "../thresholds/index.ts";
import type { AgentTally } from "./agent-tally.ts";

/** Work of several agents as one. */
export interface Aggregate {
  /** Sum of the latencies of all. */
  readonly table: LatencyTable;
  /** Of the agent that took longest. */
  readonly wallMs: number;
  /** Sums; programs may count operations without telling how long each took. */
  readonly totals: Totals;
}

const addTotals = (one: Totals, other: Totals): Totals => ({
  ...one,
  getOperations: one.getOperations + other.getOperations,
  getBytes: one.getBytes + other.getBytes,
  putOperations: one.putOperations + other.putOperations,
  putBytes: one.putBytes + other.putBytes,
  metaOperations: one.metaOperations + other.metaOperations,
  errors: one.errors + other.errors,
  retries: one.retries + other.retries,
});

/** Adds agents up. A pure function of what they have told: asking twice changes nothing. */
export function aggregateWork(tallies: readonly AgentTally[]): Aggregate {
  const table = new LatencyTable();
  for (const tally of tallies) tally.addTo(table);
  return {
    table,
    wallMs: Math.max(0, ...tallies.map(({ wallMs }) => wallMs)),
    totals: tallies.reduce((sum, { totals }) => addTotals(sum, totals), noTotals),
  };
}

/** What was prepared, of those agents that have measured it; null: of none. */
export function aggregatePrepare(tallies: readonly AgentTally[]): Aggregate | null {
  const prepared = tallies.flatMap(({ prepare }) => (prepare === null ? [] : [prepare]));
  if (prepared.length === 0) return null;
  const table = new LatencyTable();
  for (const { cells } of prepared) table.add(cells);
  return { table, wallMs: Math.max(...prepared.map(({ wallMs }) => wallMs)), totals: noTotals };
}

/** Operations and bytes of one kind, as they were counted. */
function countedOf(operation: Operation, totals: Totals): readonly [operations: number, bytes: number] {
  if (operation === "get") return [Number(totals.getOperations), Number(totals.getBytes)];
  if (operation === "put") return [Number(totals.putOperations), Number(totals.putBytes)];
  return [Number(totals.metaOperations), 0];
}

const mib = 2 ** 20;

/** Figures of one kind of operations, or of all of them. */
export function figuresFor({ table, wallMs, totals }: Aggregate, operation: Operation | null): ThresholdFigures {
  const wanted = operation === null ? operations : [operation];
  const { latencies } = table.sum(wanted);
  const counted = wanted.map((one) => countedOf(one, totals));
  const [ops, bytes] = [0, 1].map((at) => counted.reduce((sum, one) => sum + (one[at] ?? 0), 0)) as [number, number];
  const errors = Number(totals.errors);
  const seconds = Math.max(wallMs, 1) / 1000;
  return {
    mean_us: latencies.meanUs,
    p50_us: latencies.percentileUs(50),
    p90_us: latencies.percentileUs(90),
    p95_us: latencies.percentileUs(95),
    p99_us: latencies.percentileUs(99),
    max_us: latencies.maxUs,
    ops_per_sec: ops / seconds,
    throughput_mibps: bytes / mib / seconds,
    ops,
    errors,
    error_rate: ops + errors === 0 ? null : errors / (ops + errors),
  };
}
