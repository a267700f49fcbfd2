import { getSystemErrorName } from "node:util";
import { total } from "../../report/index.ts";
import type { Latencies } from "./latencies.ts";
import { noLatencies, readLatencies } from "./latencies.ts";
import { layout, readCount } from "./layout.ts";
import type { WorkerSample } from "./sample.ts";

/** How a worker came to its end. timed-out: it was killed because it did not stop in time. lost: nobody knows. */
export type WorkerEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number }
  | { readonly kind: "timed-out" }
  | { readonly kind: "lost" };

/** What a worker's latencies are; none: its work type has none. */
export const latencyKinds = ["none", "wake", "cost", "timer"] as const;

/** All that is known of a worker at its end. Counts of one that was killed are those until then. */
export interface WorkerReport extends Omit<WorkerSample, "stage" | "hasEnded" | "endedNs" | "samples"> {
  /** Group of workers that share something, and the place in it: what it does there is the work type's business. */
  readonly group: number;
  readonly role: number;
  /** The process that it is a thread of, beside others; null: it is a process of its own. */
  readonly threadOf: number | null;
  /** It stopped when it was told to and wrote its report. */
  readonly completed: boolean;
  readonly end: WorkerEnd;
  /** From its first instruction of work to its last, or to its death. */
  readonly wallTimeNs: number;
  /** Wall less CPU time, sleep included. */
  readonly offCpuNs: number;
  readonly latencyKind: (typeof latencyKinds)[number];
  readonly latencies: Latencies;
  /** Exact, null without a sample. */
  readonly minLatencyNs: number | null;
  readonly maxLatencyNs: number | null;
  /** CPUs it was seen on, and those of each cpuset that was in force (`WorkerSet.beginCpuset`; the last eight). */
  readonly cpusUsed: readonly number[];
  readonly cpusByCpuset: readonly (readonly number[])[];
  /** Times it was put on a CPU, switches and faults; null for one that did not complete. */
  readonly slices: number | null;
  readonly voluntarySwitches: number | null;
  readonly involuntarySwitches: number | null;
  readonly minorFaults: number | null;
  readonly majorFaults: number | null;
  /** Pages of its process on each node at its end (numa_maps); null for one that did not complete. */
  readonly numaPages: Readonly<Record<number, number>> | null;
  /** Pages that the kernel moved between nodes meanwhile, for all processes of the system. */
  readonly numaPagesMigrated: number | null;
  /** Operations that the kernel refused, and the errno of the last. */
  readonly failures: number;
  readonly failureError: string | null;
  /** What a worker that a function does said of why it failed; null: nothing. */
  readonly failureText: string | null;
  /** Errno of set_mempolicy(2), of a scheduling policy that the work type asks for, of setresuid(2) and the like. */
  readonly memPolicyError: string | null;
  readonly schedPolicyError: string | null;
  readonly identityError: string | null;
}

/** One report of each process, of threads the first that knows their pages: all of them have the same. */
export function onePerProcess<T extends Pick<WorkerReport, "threadOf" | "numaPages">>(reports: readonly T[]): T[] {
  const told = new Map<number, T>();
  for (const report of reports) {
    const { threadOf } = report;
    if (threadOf === null) continue;
    if ((told.get(threadOf)?.numaPages ?? null) === null) told.set(threadOf, report);
  }
  return reports.filter((report) => report.threadOf === null || told.get(report.threadOf) === report);
}

/** Pages that a worker has, on all nodes; 0 where nobody read them. */
export const pagesOf = ({ numaPages }: Pick<WorkerReport, "numaPages">): number =>
  total(Object.values(numaPages ?? {}));

/** Of these, those on some nodes. */
export const pagesOn = ({ numaPages }: Pick<WorkerReport, "numaPages">, nodes: readonly number[]): number =>
  total(nodes.map((node) => numaPages?.[node] ?? 0));

/** Share of its time that a worker was off a CPU, percent; null for one that never ran. */
export const offCpuPct = ({ offCpuNs, wallTimeNs }: Pick<WorkerReport, "offCpuNs" | "wallTimeNs">): number | null =>
  wallTimeNs > 0 ? (offCpuNs / wallTimeNs) * 100 : null;

function listBits(record: Buffer, at: number): number[] {
  const cpus: number[] = [];
  for (let byte = 0; byte < layout.cpus / 8; byte += 1) {
    const bits = record.readUInt8(at + byte);
    for (let bit = 0; bit < 8; bit += 1) if ((bits & (1 << bit)) !== 0) cpus.push(byte * 8 + bit);
  }
  return cpus;
}

/** The CPUs of the cpusets so far, oldest first. @param cpusets how many there were */
export function readCpus(record: Buffer, cpusets: number): number[][] {
  const first = Math.max(0, cpusets - layout.epochs);
  return Array.from({ length: Math.min(cpusets, layout.epochs) }, (_, at) =>
    listBits(record, layout.record.cpus + (((first + at) % layout.epochs) * layout.cpus) / 8),
  );
}

const errorName = (record: Buffer, at: number): string | null => {
  const errno = record.readInt32LE(at);
  return errno === 0 ? null : getSystemErrorName(-errno);
};

function readNodes(record: Buffer): Record<number, number> {
  const pages: Record<number, number> = {};
  for (let node = 0; node < layout.nodes; node += 1) {
    const count = readCount(record, layout.record.numa_pages + node * 8);
    if (count > 0) pages[node] = count;
  }
  return pages;
}

/** From its begin to its own end, to its death, or, of one that lives, until now. */
function wallTime(record: Buffer, { stage, endedNs }: WorkerSample, nowNs: bigint): number {
  const { record: at } = layout;
  const begunNs = record.readBigUInt64LE(at.begun_ns);
  if (begunNs === 0n) return 0;
  return Number((stage === "reported" ? record.readBigUInt64LE(at.done_ns) : (endedNs ?? nowNs)) - begunNs);
}

function readText(record: Buffer, at: number): string | null {
  const text = record.subarray(at, at + layout.failure_bytes);
  const end = text.indexOf(0);
  return end === 0 ? null : text.toString("utf8", 0, end < 0 ? text.length : end);
}

/** What the record does not say. */
export interface ReportFacts {
  readonly end: WorkerEnd;
  /** How many cpusets there were. */
  readonly cpusets: number;
  /** CLOCK_MONOTONIC, for a worker that has no end. */
  readonly nowNs: bigint;
  readonly threadOf: number | null;
}

export function readReport(record: Buffer, sample: WorkerSample, facts: ReportFacts): WorkerReport {
  const { record: at } = layout;
  const { stage, hasEnded: _ended, endedNs: _endedNs, samples, ...counters } = sample;
  const completed = stage === "reported";
  const whole = (offset: number): number | null => (completed ? readCount(record, offset) : null);
  const wallTimeNs = wallTime(record, sample, facts.nowNs);
  const cpusByCpuset = readCpus(record, facts.cpusets);
  return {
    ...counters,
    group: record.readUInt32LE(at.group),
    role: record.readUInt32LE(at.role),
    threadOf: facts.threadOf,
    completed,
    end: facts.end,
    wallTimeNs,
    offCpuNs: Math.max(0, wallTimeNs - counters.cpuTimeNs),
    latencyKind: latencyKinds[record.readUInt32LE(at.latency_kind)] ?? "none",
    latencies: samples === 0 ? noLatencies() : readLatencies(record),
    minLatencyNs: samples === 0 ? null : readCount(record, at.latency_min_ns),
    maxLatencyNs: samples === 0 ? null : readCount(record, at.latency_max_ns),
    cpusUsed: [...new Set(cpusByCpuset.flat())].toSorted((a, b) => a - b),
    cpusByCpuset,
    slices: whole(at.slices),
    voluntarySwitches: whole(at.voluntary_switches),
    involuntarySwitches: whole(at.involuntary_switches),
    minorFaults: whole(at.minor_faults),
    majorFaults: whole(at.major_faults),
    numaPages: completed ? readNodes(record) : null,
    numaPagesMigrated: whole(at.numa_pages_migrated),
    failures: record.readUInt32LE(at.failures),
    failureError: errorName(record, at.failure_errno),
    failureText: readText(record, at.failure_text),
    memPolicyError: errorName(record, at.mempolicy_errno),
    schedPolicyError: errorName(record, at.policy_errno),
    identityError: errorName(record, at.identity_errno),
  };
}
