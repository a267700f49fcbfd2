/** Records of runs for tests of checks and results: a sound one, of which a test changes what it is about. */
import type { SeriesMetric } from "../../src/scenario/model/index.ts";
import type {
  DilationRecord,
  GroupRecord,
  HostRecord,
  MonitorSample,
  PayloadRecord,
  PhaseRecord,
  PhaseWork,
  RunRecord,
  WorkRecord,
} from "../../src/scenario/record/index.ts";
import { emptyValues } from "../../src/scenario/record/index.ts";
import type { Latencies, WorkerReport } from "../../src/scenario/workers/index.ts";
import { layout } from "../../src/scenario/workers/index.ts";

/** As native/load/measure.c: the shift that leaves eight bits, then the place among those. */
function bucketOf(ns: number): number {
  let shift = 0;
  while (Math.floor(ns / 2 ** shift) > 255) shift += 1;
  return shift * 128 + Math.floor(ns / 2 ** shift);
}

/** Latencies as workers record these samples, nanoseconds. */
export function latenciesOf(samples: readonly number[]): Latencies {
  const buckets = new Float64Array(layout.buckets);
  for (const ns of samples) buckets[bucketOf(ns)] = (buckets[bucketOf(ns)] ?? 0) + 1;
  return {
    buckets,
    samples: samples.length,
    sumNs: samples.reduce((sum, ns) => sum + ns, 0),
    squares: samples.reduce((sum, ns) => sum + ns * ns, 0),
  };
}

/** A worker that ran for one second, half of it on CPU 0, and did 1000 iterations. */
export const aWorker = (changes: Partial<WorkerReport> = {}): WorkerReport => ({
  index: 0,
  pid: 100,
  iterations: 1000,
  workUnits: 2000,
  migrations: 0,
  cpu: 0,
  cpuTimeNs: 500_000_000,
  runDelayNs: 1_000_000,
  maxGapNs: 20_000_000,
  maxGapCpu: 0,
  maxGapAtNs: 300_000_000,
  group: 0,
  role: 0,
  threadOf: null,
  completed: true,
  end: { kind: "exited", code: 0 },
  wallTimeNs: 1_000_000_000,
  offCpuNs: 500_000_000,
  latencyKind: "none",
  latencies: latenciesOf([]),
  minLatencyNs: null,
  maxLatencyNs: null,
  cpusUsed: [0],
  cpusByCpuset: [[0]],
  slices: 10,
  voluntarySwitches: 1,
  involuntarySwitches: 9,
  minorFaults: 20,
  majorFaults: 0,
  numaPages: { 0: 100 },
  numaPagesMigrated: 0,
  failures: 0,
  failureError: null,
  failureText: null,
  memPolicyError: null,
  schedPolicyError: null,
  identityError: null,
  ...changes,
});

/** Two spinning workers in `web`, which may use the CPUs 0 and 1 of node 0. */
export const aWork = (changes: Partial<WorkRecord> = {}): WorkRecord => ({
  id: 0,
  cgroup: "web",
  step: 0,
  index: 0,
  workType: "SpinWait",
  memPolicy: "default",
  startedMs: 100,
  endedMs: 1200,
  killedByOp: false,
  epochs: [{ fromMs: 100, cgroup: "web", cpus: [0, 1], nodes: [0] }],
  attributeErrors: [],
  reports: [aWorker(), aWorker({ index: 1, pid: 101, cpusUsed: [1], cpusByCpuset: [[1]] })],
  ...changes,
});

export const aHost: HostRecord = {
  hostname: "rig",
  kernel: "6.1.0-test",
  machine: "x86_64",
  cpuModel: "Example CPU",
  cpus: [0, 1, 2, 3],
  usableCpus: [0, 1, 2],
  llcs: [[0, 1, 2, 3]],
  nodes: { 0: [0, 1], 1: [2, 3] },
  topology: "2n1l4c1t",
  memoryBytes: 8 * 2 ** 30,
  dilation: 1,
  scheduler: null,
};

/** No slow machine. */
export const aDilation: DilationRecord = {
  factor: 1,
  rateFactor: 1,
  setupFactor: 1,
  source: "measured",
  costs: { computeBest: 1, compute: 1.1, computeBusy: null, timer: 1, process: 1.3 },
  limitsMs: { startWaitMs: 30_000, stopMs: 5000 },
  uncountedMs: 0,
};

/** Step `step` from `startMs` on, for one second. */
export const aPhase = (phase: number, startMs: number, changes: Partial<PhaseRecord> = {}): PhaseRecord => ({
  phase,
  startMs,
  holdMs: startMs + 50,
  endMs: startMs + 1000,
  plannedHoldMs: 950,
  wantedHoldMs: 950,
  rounds: null,
  groups: 1,
  workers: 2,
  work: [],
  ...changes,
});

/** What the two workers of `web` did in a second. */
export const aPhaseWork = (changes: Partial<PhaseWork> = {}): PhaseWork => ({
  work: 0,
  cgroup: "web",
  workers: 2,
  elapsedMs: 1000,
  iterations: 2000,
  workUnits: 4000,
  migrations: 0,
  cpuTimeNs: 1e9,
  runDelayNs: 2e6,
  latencyKind: "none",
  latencies: latenciesOf([]),
  ...changes,
});

/** A group with one metric sampled every 100 ms from `fromMs` on; null is a sample that is missing. */
export const aGroup = (
  metric: SeriesMetric,
  values: readonly (number | null)[],
  { name = "web", fromMs = 100 }: { readonly name?: string; readonly fromMs?: number } = {},
): GroupRecord => ({
  name,
  step: 0,
  madeMs: fromMs - 10,
  removedMs: fromMs + values.length * 100,
  cpusets: [{ atMs: fromMs - 10, cpus: [0, 1] }],
  samples: values.map((value, at) => ({ atMs: fromMs + at * 100, values: { ...emptyValues, [metric]: value } })),
  captures: [],
});

/** Looks of the monitor every 100 ms, each the run queue lengths of CPU 0, 1 …; clocks go on. */
export const queueSamples = (looks: readonly (readonly number[])[]): MonitorSample[] =>
  looks.map((queues, at) => ({
    atMs: at * 100,
    cpus: queues.map((nrRunning, cpu) => ({
      cpu,
      nrRunning,
      rqClockNs: at * 1e8,
      localDsqDepth: null,
      stolenMs: null,
    })),
    selectCpuFallbacks: null,
    dispatchKeepLasts: null,
  }));

export const aPayload = (changes: Partial<PayloadRecord> = {}): PayloadRecord => ({
  id: 0,
  payload: "fio",
  cgroup: "web",
  source: "op",
  step: 0,
  argv: ["fio", "--runtime=1"],
  pid: 200,
  startedMs: 150,
  endedMs: 1150,
  end: { kind: "exited", code: 0 },
  metrics: [
    { name: "iops", value: 100, polarity: "higher_better", unit: "ops/s", source: "declared", stream: "stdout" },
  ],
  problems: [],
  stdoutTail: "",
  stderrTail: "",
  ...changes,
});

/** One step of a second with one work, on four CPUs; nothing is asked of it. */
export const aRecord = (changes: Partial<RunRecord> = {}): RunRecord => ({
  scenario: { version: 1, name: "steady", steps: [{}] },
  file: "steady.yaml",
  runId: "20260102T030405Z-1",
  where: "host",
  repeat: 0,
  startTime: "2026-01-02T03:04:05.000Z",
  durationMs: 1300,
  cleanupMs: 100,
  host: aHost,
  dilation: aDilation,
  controllers: ["cpuset"],
  skipped: null,
  phases: [aPhase(0, 0, { holdMs: null, endMs: 90, plannedHoldMs: 0, wantedHoldMs: 0 }), aPhase(1, 100)],
  ops: [],
  groups: [],
  works: [aWork()],
  payloads: [],
  ended: [],
  stalled: [],
  monitor: [],
  failures: [],
  warnings: [],
  notes: [],
  ...changes,
});
