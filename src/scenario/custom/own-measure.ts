import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import type { WorkLatencies } from "../model/index.ts";
import { bucketOf, latencyKinds, layout } from "../workers/index.ts";
import type { OwnMemory } from "./own-memory.ts";
import { wholeNumber } from "./own-memory.ts";
import { ownCpu, ownNumaPages, ownSchedstat, pagesMigrated } from "./own-usage.ts";

/** Counters are told so often, and the CPU and the wish to stop looked at. */
const tellEveryMs = 10;
const nsPerMs = 1e6;

/** What the process has used so far. */
interface Usage {
  readonly resources: NodeJS.ResourceUsage;
  readonly delayNs: number;
  readonly slices: number;
}

const usageNow = (): Usage => ({ resources: process.resourceUsage(), ...ownSchedstat() });

const cpuNs = ({ resources }: Usage): number => (resources.userCPUTime + resources.systemCPUTime) * 1000;

/** errno of an error of the system's; 0 for any other. */
const errnoNumber = (reason: unknown): number => {
  const code: unknown = Reflect.get(Object(reason) as object, "code");
  return typeof code === "string" ? (constants.errno[code as keyof typeof constants.errno] ?? 0) : 0;
};

/** What one worker does, counted as the worker program counts (native/load/measure.c) and told through the shared memory. */
export class OwnMeasure {
  readonly #memory: OwnMemory;
  readonly #kind: WorkLatencies;
  readonly #counts = { iterations: 0, workUnits: 0, samples: 0, migrations: 0, failures: 0, errno: 0 };
  readonly #gap = { ns: 0, atNs: 0, cpu: 0 };
  readonly #latency = { min: 0, max: 0, sum: 0, squares: 0 };
  readonly #histogram = Buffer.alloc(layout.buckets * 8);
  readonly #dirty: { from: number; to: number } = { from: layout.buckets, to: -1 };
  readonly #counters = Buffer.alloc(layout.counters.stage);
  #before: Usage = usageNow();
  #migratedBefore = 0;
  #begunMs = 0;
  #begunNs = 0n;
  #countedMs = 0;
  #toldMs = 0;
  #cpu = 0;
  #isTold = true;

  constructor(memory: OwnMemory, kind: WorkLatencies) {
    this.#memory = memory;
    this.#kind = kind;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(latencyKinds.indexOf(kind));
    memory.writeRecord(bytes, layout.record.latency_kind);
  }

  /** The worker was let go. */
  begin(): void {
    this.#migratedBefore = pagesMigrated();
    this.#before = usageNow();
    this.#begunNs = process.hrtime.bigint();
    this.#begunMs = performance.now();
    this.#countedMs = this.#begunMs;
    this.#cpu = ownCpu();
    this.#memory.writeRecord(wholeNumber(this.#begunNs), layout.record.begun_ns);
    this.#memory.stage("working");
    this.tell();
  }

  count(units: number): void {
    const nowMs = performance.now();
    this.#counts.iterations += 1;
    this.#counts.workUnits += units;
    this.#look(nowMs);
    this.#isTold = false;
    if (nowMs - this.#toldMs >= tellEveryMs) this.tell();
  }

  #look(nowMs: number): void {
    const ns = (nowMs - this.#countedMs) * nsPerMs;
    if (ns > this.#gap.ns) Object.assign(this.#gap, { ns, atNs: (nowMs - this.#begunMs) * nsPerMs, cpu: this.#cpu });
    this.#countedMs = nowMs;
  }

  /** @throws Error for a kind of work without latencies, and for what is no duration */
  sample(given: number): void {
    if (this.#kind === "none") throw new Error("the scenario says no `samples` for this work: wake, cost or timer");
    if (!Number.isFinite(given) || given < 0) throw new Error(`a latency is nanoseconds from 0 on, not ${given}`);
    const ns = Math.round(given);
    const bucket = bucketOf(ns);
    this.#histogram.writeBigUInt64LE(this.#histogram.readBigUInt64LE(bucket * 8) + 1n, bucket * 8);
    this.#dirty.from = Math.min(this.#dirty.from, bucket);
    this.#dirty.to = Math.max(this.#dirty.to, bucket);
    this.#latency.min = this.#counts.samples === 0 ? ns : Math.min(this.#latency.min, ns);
    this.#latency.max = Math.max(this.#latency.max, ns);
    this.#latency.sum += ns;
    this.#latency.squares += ns * ns;
    this.#counts.samples += 1;
    this.#isTold = false;
  }

  failed(reason: unknown): void {
    this.#counts.failures += 1;
    this.#counts.errno = errnoNumber(reason);
    sayFailure(this.#memory, reason);
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(this.#counts.failures, 0);
    bytes.writeInt32LE(this.#counts.errno, 4);
    this.#memory.writeRecord(bytes, layout.record.failures);
  }

  /** What was counted since it was last told, where nothing counts for a while. */
  tellRest(): void {
    if (!this.#isTold) this.tell();
  }

  tell(): void {
    this.#isTold = true;
    this.#toldMs = performance.now();
    this.#noteCpu();
    const { counters: at } = layout;
    const { iterations, workUnits, samples, migrations } = this.#counts;
    const whole = (value: number | bigint, place: number): void => void wholeNumber(value).copy(this.#counters, place);
    whole(iterations, at.iterations);
    whole(workUnits, at.work_units);
    whole(samples, at.samples);
    whole(this.#begunNs + BigInt(Math.round((this.#countedMs - this.#begunMs) * nsPerMs)), at.looked_ns);
    whole(this.#gap.ns, at.max_gap_ns);
    whole(this.#gap.atNs, at.max_gap_at_ns);
    whole(migrations, at.migrations);
    const now = usageNow();
    whole(cpuNs(now) - cpuNs(this.#before), at.cpu_ns);
    whole(now.delayNs - this.#before.delayNs, at.run_delay_ns);
    this.#counters.writeUInt32LE(this.#gap.cpu, at.max_gap_cpu);
    this.#counters.writeUInt32LE(this.#cpu, at.cpu);
    this.#tellLatencies();
    this.#memory.writeCounters(this.#counters, 0);
  }

  #noteCpu(): void {
    const cpu = ownCpu();
    if (cpu !== this.#cpu) this.#counts.migrations += 1;
    this.#cpu = cpu;
    this.#memory.addCpu(cpu, this.#memory.orders().epoch);
  }

  #tellLatencies(): void {
    const { from, to } = this.#dirty;
    if (to < from) return;
    const bytes = Buffer.alloc(32);
    bytes.writeBigUInt64LE(BigInt(this.#latency.min), 0);
    bytes.writeBigUInt64LE(BigInt(this.#latency.max), 8);
    bytes.writeDoubleLE(this.#latency.sum, 16);
    bytes.writeDoubleLE(this.#latency.squares, 24);
    this.#memory.writeRecord(this.#histogram.subarray(from * 8, (to + 1) * 8), layout.record.histogram + from * 8);
    this.#memory.writeRecord(bytes, layout.record.latency_min_ns);
    Object.assign(this.#dirty, { from: layout.buckets, to: -1 });
  }

  /** The function has returned: the report is whole. */
  end(): void {
    this.#look(performance.now());
    this.tell();
    const [before, now] = [this.#before, usageNow()];
    const { record: at } = layout;
    const grown = (
      key: "voluntaryContextSwitches" | "involuntaryContextSwitches" | "minorPageFault" | "majorPageFault",
    ) => now.resources[key] - before.resources[key];
    const write = (value: number | bigint, place: number): void => this.#memory.writeRecord(wholeNumber(value), place);
    write(cpuNs(now) - cpuNs(before), at.run_ns);
    write(now.delayNs - before.delayNs, at.run_delay_ns);
    write(now.slices - before.slices, at.slices);
    write(grown("voluntaryContextSwitches"), at.voluntary_switches);
    write(grown("involuntaryContextSwitches"), at.involuntary_switches);
    write(grown("minorPageFault"), at.minor_faults);
    write(grown("majorPageFault"), at.major_faults);
    write(pagesMigrated() - this.#migratedBefore, at.numa_pages_migrated);
    write(process.hrtime.bigint(), at.done_ns);
    for (const [node, pages] of ownNumaPages()) if (node < layout.nodes) write(pages, at.numa_pages + node * 8);
    this.#memory.stage("reported");
  }
}

/** Why a worker failed, as long as there is room for it. */
export function sayFailure(memory: OwnMemory, reason: unknown): void {
  const text = (reason instanceof Error ? reason.message : String(reason)).split("\n", 1)[0] ?? "";
  const bytes = Buffer.alloc(layout.failure_bytes);
  bytes.write(text === "" ? "it failed" : text, 0, layout.failure_bytes - 1, "utf8");
  memory.writeRecord(bytes, layout.record.failure_text);
}
