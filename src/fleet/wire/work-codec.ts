import { indexCount } from "../latencies/index.ts";
import type { Interval, LatencyCell, Operation, PrepareResult, Totals } from "../model/index.ts";
import { sizeBuckets } from "../model/index.ts";
import type {
  AgentMessage as AgentWire,
  LatencyCell as CellWire,
  Interval as IntervalWire,
  PrepareSummary,
} from "./generated/fleet.ts";
import { LatencyCell_Operation as OperationWire } from "./generated/fleet.ts";
import type { readSums } from "./packed.ts";

const operationsByName = { get: OperationWire.GET, put: OperationWire.PUT, meta: OperationWire.META } as const;
const names = new Map(Object.entries(operationsByName).map(([name, wire]) => [wire as number, name as Operation]));

type StepsTo = NonNullable<ReturnType<typeof readSums>>;

export const encodeTotals = (totals: Totals) => ({
  get_ops: totals.getOperations,
  get_bytes: totals.getBytes,
  put_ops: totals.putOperations,
  put_bytes: totals.putBytes,
  meta_ops: totals.metaOperations,
  errors: totals.errors,
  retries: totals.retries,
  metrics: totals.metrics,
});

export const decodeTotals = (wire: AgentWire): Totals => ({
  getOperations: wire.get_ops,
  getBytes: wire.get_bytes,
  putOperations: wire.put_ops,
  putBytes: wire.put_bytes,
  metaOperations: wire.meta_ops,
  errors: wire.errors,
  retries: wire.retries,
  metrics: wire.metrics,
});

export function encodeCell({ operation, sizeBucket, bytes, indexes, counts }: LatencyCell): CellWire {
  const steps: number[] = [];
  let before = 0;
  for (const index of indexes) {
    steps.push(index - before);
    before = index;
  }
  return {
    operation: operationsByName[operation],
    size_bucket: sizeBucket,
    bytes,
    index_steps: steps,
    counts: Array.from(counts),
  };
}

/** Indexes by the steps to them; no step goes back, so that the last is the farthest, however far that is. */
function followSteps(steps: readonly number[]): StepsTo {
  const sums = new Uint16Array(steps.length);
  let last = 0;
  steps.forEach((step, at) => {
    last += step;
    sums[at] = last;
  });
  return { sums, last };
}

/** A text: why it is none. */
export function toCell(
  wire: Omit<CellWire, "index_steps" | "counts">,
  { sums: indexes, last }: StepsTo,
  counts: Uint32Array,
): LatencyCell | string {
  const operation = names.get(wire.operation);
  if (operation === undefined) return `operation ${wire.operation} is not known`;
  if (wire.size_bucket >= sizeBuckets.length) return `size_bucket is ${wire.size_bucket}, of ${sizeBuckets.length}`;
  if (indexes.length !== counts.length) return `${indexes.length} index_steps have ${counts.length} counts`;
  if (last >= indexCount) return `index_steps lead to ${last}, of ${indexCount}`;
  return { operation, sizeBucket: wire.size_bucket, bytes: wire.bytes, indexes, counts };
}

const decodeCell = (wire: CellWire): LatencyCell | string =>
  toCell(wire, followSteps(wire.index_steps), Uint32Array.from(wire.counts));

/** All of them, or why one of them is none. */
export function decodeAll<W, T extends object>(
  wires: readonly W[],
  decode: (wire: W) => T | string,
): readonly T[] | string {
  const all: T[] = [];
  for (const wire of wires) {
    const one = decode(wire);
    if (typeof one === "string") return one;
    all.push(one);
  }
  return all;
}

export const encodeInterval = ({ fromMs, toMs, errors, cpu, cells }: Interval): IntervalWire => ({
  from_s: fromMs / 1000,
  to_s: toMs / 1000,
  errors,
  has_cpu: cpu !== null,
  cpu_user_percent: cpu?.userPercent ?? 0,
  cpu_system_percent: cpu?.systemPercent ?? 0,
  cpu_iowait_percent: cpu?.iowaitPercent ?? 0,
  latencies: cells.map(encodeCell),
});

/** A text: why it is none. */
export function toInterval(
  wire: Omit<IntervalWire, "latencies">,
  cells: readonly LatencyCell[] | string,
): Interval | string {
  if (typeof cells === "string") return cells;
  const [fromMs, toMs] = [wire.from_s * 1000, wire.to_s * 1000];
  if (!(fromMs >= 0 && toMs >= fromMs && toMs < Number.POSITIVE_INFINITY))
    return `an interval goes from ${wire.from_s} s to ${wire.to_s} s`;
  const cpu = {
    userPercent: wire.cpu_user_percent,
    systemPercent: wire.cpu_system_percent,
    iowaitPercent: wire.cpu_iowait_percent,
  };
  return { fromMs, toMs, errors: wire.errors, cpu: wire.has_cpu ? cpu : null, cells };
}

export const decodeCells = (wires: readonly CellWire[]): readonly LatencyCell[] | string =>
  decodeAll(wires, decodeCell);

export const decodeIntervals = (wires: readonly IntervalWire[]): readonly Interval[] | string =>
  decodeAll(wires, (wire) => toInterval(wire, decodeCells(wire.latencies)));

export const encodePrepare = (prepare: PrepareResult): PrepareSummary => ({
  wall_s: prepare.wallMs / 1000,
  latencies: prepare.cells.map(encodeCell),
});

/** A text: why it is none. */
export const toPrepare = (
  { wall_s: seconds }: Omit<PrepareSummary, "latencies">,
  cells: readonly LatencyCell[] | string,
): PrepareResult | string => (typeof cells === "string" ? cells : { wallMs: seconds * 1000, cells });

export const decodePrepare = (wire: PrepareSummary | undefined): PrepareResult | null | string =>
  wire === undefined ? null : toPrepare(wire, decodeCells(wire.latencies));
