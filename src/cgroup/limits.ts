/** Bytes, or `max` for no limit. */
export type BytesOrMax = number | "max";

/** CPU bandwidth: at most `quotaUs` of CPU time per `periodUs` (cgroup-v2.rst, cpu.max). */
export interface CpuMax {
  /** Microseconds of CPU time per period, ≥ 1000; `max` lifts the limit. */
  readonly quotaUs: number | "max";
  /** Microseconds, 1000 to 1 000 000. Default 100 000. */
  readonly periodUs: number;
}

/** Throughput limits of one disk (cgroup-v2.rst, io.max); a key that is null is left alone. */
export interface IoMax {
  /** `MAJ:MIN` of the whole disk. */
  readonly device: string;
  readonly readBytesPerSec: BytesOrMax | null;
  readonly writeBytesPerSec: BytesOrMax | null;
  readonly readOpsPerSec: number | "max" | null;
  readonly writeOpsPerSec: number | "max" | null;
}

/** Latency target of one disk (cgroup-v2.rst, io.latency). */
export interface IoLatency {
  readonly device: string;
  /** Microseconds. */
  readonly targetUs: number;
}

/**
 * The group part of the declarative resource settings. A key that is absent is not touched, and a
 * controller none of whose keys is present gets no group. Units and meaning follow
 * Documentation/admin-guide/cgroup-v2.rst.
 */
export interface Limits {
  readonly cpuMax?: CpuMax;
  /** Microseconds that unused quota may accumulate (cpu.max.burst). */
  readonly cpuBurstUs?: number;
  /** Share under contention, 1 to 10000; the kernel's default is 100. */
  readonly cpuWeight?: number;
  /** Share given as a nice value, −20 to 19 (cpu.weight.nice). */
  readonly cpuWeightNice?: number;
  /** True: run only when nothing else wants the CPU (SCHED_IDLE for the group). */
  readonly cpuIdle?: boolean;
  /** CPU list such as `0-3,6`. */
  readonly cpusetCpus?: string;
  /** Memory node list such as `0`. */
  readonly cpusetMems?: string;
  readonly cpusetPartition?: "member" | "root" | "isolated";
  readonly memoryMin?: BytesOrMax;
  readonly memoryLow?: BytesOrMax;
  readonly memoryHigh?: BytesOrMax;
  readonly memoryMax?: BytesOrMax;
  readonly swapMax?: BytesOrMax;
  readonly zswapMax?: BytesOrMax;
  /** True: an out-of-memory kill ends every process of the group. */
  readonly oomGroup?: boolean;
  /** Proportional share, 1 to 10000; 100 is the default share. */
  readonly ioWeight?: number;
  readonly ioMax?: readonly IoMax[];
  readonly ioLatency?: readonly IoLatency[];
  readonly pidsMax?: number | "max";
}

export type LimitKey = keyof Limits;

/** The name a limit has for its user: the flag of `corral run` that most often sets it. */
export const limitNames: Readonly<Record<LimitKey, string>> = {
  cpuMax: "cpu-quota",
  cpuBurstUs: "cpu-burst",
  cpuWeight: "cpu-weight",
  cpuWeightNice: "nice",
  cpuIdle: "cpu-idle",
  cpusetCpus: "cpuset",
  cpusetMems: "cpuset-mems",
  cpusetPartition: "cpuset-partition",
  memoryMin: "memory-min",
  memoryLow: "memory-low",
  memoryHigh: "memory-high",
  memoryMax: "memory-limit",
  swapMax: "swap-max",
  zswapMax: "zswap-max",
  oomGroup: "oom-group",
  ioWeight: "io-weight",
  ioMax: "io-max",
  ioLatency: "io-latency",
  pidsMax: "pids-max",
};
