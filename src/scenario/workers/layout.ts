/**
 * Where things are in the memory that workers share with us (native/load/memory.h). A test compares it with what
 * `corral-worker load-layout` prints. Bytes from the begin of the header, of a worker's counters or of its record.
 */
export const layout = {
  version: 2,
  cpus: 1024,
  nodes: 64,
  epochs: 8,
  sub_buckets: 256,
  buckets: 4352,
  failure_bytes: 256,
  header: {
    version: 0,
    workers: 4,
    state: 8,
    epoch: 12,
    counters_offset: 16,
    counters_bytes: 20,
    records_offset: 24,
    record_bytes: 28,
    released_ns: 40,
    stopped_ns: 48,
  },
  counters: {
    iterations: 0,
    work_units: 8,
    samples: 16,
    looked_ns: 24,
    max_gap_ns: 32,
    max_gap_at_ns: 40,
    migrations: 48,
    cpu_ns: 56,
    run_delay_ns: 64,
    max_gap_cpu: 72,
    cpu: 76,
    stage: 80,
    pid: 84,
    ended: 88,
    wait_status: 92,
    ended_ns: 96,
  },
  record: {
    begun_ns: 0,
    done_ns: 8,
    run_ns: 16,
    run_delay_ns: 24,
    slices: 32,
    voluntary_switches: 40,
    involuntary_switches: 48,
    minor_faults: 56,
    major_faults: 64,
    numa_pages_migrated: 72,
    latency_min_ns: 80,
    latency_max_ns: 88,
    latency_sum_ns: 96,
    latency_squares: 104,
    latency_kind: 112,
    role: 116,
    group: 120,
    failures: 124,
    failure_errno: 128,
    mempolicy_errno: 132,
    identity_errno: 136,
    policy_errno: 140,
    numa_pages: 144,
    cpus: 656,
    histogram: 1680,
    failure_text: 36496,
  },
} as const;

/** What a worker is at: made, waiting to be released, at work, or done with its report written. */
export const workerStages = ["starting", "ready", "working", "reported"] as const;
export type WorkerStage = (typeof workerStages)[number];

/** A 64-bit number of the kernel's or ours that stays below 2^53: nanoseconds of a run, counts. */
export const readCount = (memory: Buffer, at: number): number =>
  memory.readUInt32LE(at) + memory.readUInt32LE(at + 4) * 2 ** 32;
