import { seriesMetricNames } from "../../model/index.ts";
import type { GroupRecord, OpRecord, PayloadEnd, PayloadRecord, RunRecord, WorkRecord } from "../../record/index.ts";
import type { WorkerEnd } from "../../workers/index.ts";
import type { ScenarioDocument } from "./schema.ts";
import { snake } from "./snake.ts";
import { workerStats } from "./worker-stats.ts";

const endText = (end: PayloadEnd | WorkerEnd): string => {
  if (end.kind === "exited") return `exited ${end.code}`;
  return end.kind === "signaled" ? `signaled ${end.signal}` : end.kind;
};

export const hostDocument = ({ host }: RunRecord): ScenarioDocument["host"] => ({
  hostname: host.hostname,
  kernel: host.kernel,
  machine: host.machine,
  cpu_model: host.cpuModel,
  cpus: [...host.cpus],
  usable_cpus: [...host.usableCpus],
  topology: host.topology,
  nodes: Object.entries(host.nodes).map(([node, cpus]) => ({ node: Number(node), cpus: [...cpus] })),
  memory_bytes: host.memoryBytes,
  dilation: host.dilation,
  scheduler: host.scheduler,
});

export const dilationDocument = ({ dilation }: RunRecord): ScenarioDocument["dilation"] => ({
  factor: dilation.factor,
  rate_factor: dilation.rateFactor,
  setup_factor: dilation.setupFactor,
  source: dilation.source,
  compute_best_ratio: dilation.costs?.computeBest ?? null,
  compute_ratio: dilation.costs?.compute ?? null,
  compute_busy_ratio: dilation.costs?.computeBusy ?? null,
  timer_ratio: dilation.costs?.timer ?? null,
  process_ratio: dilation.costs?.process ?? null,
  limits_ms: Object.fromEntries(
    Object.entries(dilation.limitsMs).map(([name, ms]) => [snake(name).replace(/_ms$/, ""), ms]),
  ),
  uncounted_sec: dilation.uncountedMs / 1000,
});

export const opDocument = (op: OpRecord): ScenarioDocument["ops"][number] => ({
  step: op.step,
  index: op.index,
  round: op.round,
  kind: op.kind,
  object: op.object,
  at_ms: op.atMs,
  duration_ms: op.durationMs,
  error: op.error,
});

export const groupDocument = (group: GroupRecord): ScenarioDocument["groups"][number] => ({
  name: group.name,
  step: group.step,
  made_ms: group.madeMs,
  removed_ms: group.removedMs,
  cpusets: group.cpusets.map(({ atMs, cpus }) => ({ at_ms: atMs, cpus: cpus && [...cpus] })),
  captures: group.captures.map(({ tag, atMs, pids }) => ({ tag, at_ms: atMs, pids: [...pids] })),
  series: seriesDocument(group),
});

function seriesDocument({ samples }: GroupRecord): ScenarioDocument["groups"][number]["series"] {
  const columns = seriesMetricNames
    .map((name) => [name, samples.map(({ values }) => values[name])] as const)
    .filter(([, values]) => values.some((value) => value !== null));
  return { at_ms: samples.map(({ atMs }) => atMs), metrics: Object.fromEntries(columns) };
}

export const workDocument = (work: WorkRecord): ScenarioDocument["works"][number] => ({
  id: work.id,
  cgroup: work.cgroup,
  step: work.step,
  work_type: work.workType,
  started_ms: work.startedMs,
  ended_ms: work.endedMs,
  incomplete: work.reports.filter(({ completed }) => !completed).map(({ pid, end }) => ({ pid, end: endText(end) })),
  ...workerStats([work]),
});

export const payloadDocument = (run: PayloadRecord): ScenarioDocument["payloads"][number] => ({
  payload: run.payload,
  cgroup: run.cgroup,
  source: run.source,
  step: run.step,
  argv: [...run.argv],
  started_ms: run.startedMs,
  ended_ms: run.endedMs,
  end: endText(run.end),
  metrics: run.metrics.map(({ name, value, polarity, unit, stream }) => ({
    name,
    value,
    polarity: typeof polarity === "string" ? polarity : { target_value: polarity.targetValue },
    unit,
    stream,
  })),
  problems: [...run.problems],
  stdout_tail: run.stdoutTail,
  stderr_tail: run.stderrTail,
});

export const processDocuments = ({
  ended,
  stalled,
  failures,
}: RunRecord): Pick<ScenarioDocument, "ended" | "stalled" | "failures"> => ({
  ended: ended.map(({ name, isScheduler, pid, atMs, how, reason }) => ({
    name,
    scheduler: isScheduler,
    pid,
    at_ms: atMs,
    how,
    reason,
  })),
  stalled: stalled.map(({ cgroup, pid, comm, atMs, diagnostics }) => ({
    cgroup,
    pid,
    comm,
    at_ms: atMs,
    diagnostics: { ...diagnostics },
  })),
  failures: failures.map(({ stage, step, op, atMs, code, message }) => ({
    stage,
    step,
    op,
    at_ms: atMs,
    code,
    message,
  })),
});
