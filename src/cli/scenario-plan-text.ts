import { counted, formatSeconds, quote } from "../report/index.ts";
import type {
  GroupDocument,
  OpDocument,
  PlanDocument,
  ScenarioPlanDocument,
  StepDocument,
  WorkDocument,
} from "../scenario/index.ts";
import type { Needs } from "../scenario/model/index.ts";

const cpusText = (list: string): string => `${/^\d+$/.test(list) ? "CPU" : "CPUs"} ${list}`;
const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

type Need = ScenarioPlanDocument["unmet_needs"][number];

const needWords: Readonly<Record<Need["need"], string>> = {
  cpus: "CPUs",
  llcs: "last-level caches",
  numa_nodes: "memory nodes",
  threads_per_core: "threads per core",
  tmpdir_disk: "disk under temporary files (TMPDIR)",
};

/** `2 CPUs, 2 memory nodes`; empty: nothing */
export const needsText = ({ cpus, llcs, numaNodes, threadsPerCore, tmpdirDisk }: Needs): string => {
  const counts = { cpus, llcs, numa_nodes: numaNodes, threads_per_core: threadsPerCore };
  const numbers = Object.entries(counts).flatMap(([need, count]) =>
    count === undefined ? [] : [`${count} ${needWords[need as Need["need"]]}`],
  );
  return [...numbers, ...(tmpdirDisk === true ? [`a ${needWords.tmpdir_disk}`] : [])].join(", ");
};

/** `needs 8 CPUs, has 2`: of CPUs and the like more than one, for one is there everywhere */
export const needLine = ({ need, wanted, found }: Need): string => `needs ${wanted} ${needWords[need]}, has ${found}`;

/** `warning: step 0, hold: …` */
export const warningLine = ({ where, message }: PlanDocument["warnings"][number]): string =>
  `warning: ${where}: ${message}`;

function affinityText({ affinity }: WorkDocument): string | null {
  if (affinity.kind === "inherit" || affinity.cpus === null) return null;
  return affinity.kind === "fixed"
    ? `on ${cpusText(affinity.cpus)}`
    : `each on ${affinity.count} of ${cpusText(affinity.cpus)}`;
}

const nodesText = (nodes: string): string => (nodes === "" ? "" : ` of nodes ${nodes}`);

/** What a worker gets beside its kind, as words. */
function attributesOf(work: WorkDocument): readonly string[] {
  const { scheduling, memory_policy: memory, nice, comm, pcomm, uid, gid } = work;
  return [
    affinityText(work),
    scheduling && `${scheduling.policy}${scheduling.priority > 0 ? ` ${scheduling.priority}` : ""}`,
    memory && `memory policy ${memory.mode}${nodesText(memory.nodes)}`,
    nice === null ? null : `nice ${nice}`,
    comm && `comm ${quote(comm)}`,
    pcomm && `threads of ${quote(pcomm)}`,
    uid === null ? null : `uid ${uid}`,
    gid === null ? null : `gid ${gid}`,
  ].filter((text): text is string => text !== null);
}

/** `4 × Bursty (burst_us 1000, sleep_us 100000), nice 5` */
export function workLine(work: WorkDocument): string {
  const phases = work.phases.map(({ kind, us }) => `${kind} ${us} us`);
  const parameters = Object.entries(work.parameters).map(([key, value]) => `${key} ${value}`);
  const all = [...parameters, ...phases, ...(work.custom === null ? [] : [quote(work.custom)])];
  const kind = `${work.workers} × ${work.work_type}${all.length === 0 ? "" : ` (${all.join(", ")})`}`;
  return [kind, ...attributesOf(work)].join(", ");
}

/** A group, its limits and what runs in it. */
function groupLines(group: GroupDocument): readonly string[] {
  const { name, cpus, effective_cpus: effective, mems, limits, controllers, works, payload } = group;
  const held = [
    cpus === null ? null : cpusText(cpus),
    effective === null || effective === cpus ? null : `in fact ${cpusText(effective)}`,
    mems === null ? null : `memory nodes ${mems}`,
    ...limits.map(({ name: limit, value }) => `${limit} ${value}`),
  ].filter((text): text is string => text !== null);
  const needs = controllers.length === 0 ? "" : ` [${controllers.join(" ")}]`;
  return [
    `group ${quote(name)}${held.length === 0 ? "" : `: ${held.join(", ")}`}${needs}`,
    ...indent(works.map(workLine)),
    ...(payload === null ? [] : indent([`payload: ${payload.map((word) => quote(word)).join(" ")}`])),
  ];
}

const opLines = (ops: readonly OpDocument[]): readonly string[] =>
  ops.flatMap((op, index) => [
    `op ${index} ${op.kind}: ${op.does}`,
    ...indent([...(op.group === null ? [] : groupLines(op.group)), ...(op.work === null ? [] : [workLine(op.work)])]),
  ]);

const settleLines = (seconds: number): readonly string[] => (seconds > 0 ? [`settle ${formatSeconds(seconds)}`] : []);

function backdropLines({ backdrop }: PlanDocument): readonly string[] {
  const { groups, ops, payloads, settle_sec: settle } = backdrop;
  const lines = [
    ...groups.flatMap(groupLines),
    ...opLines(ops),
    ...payloads.map((name) => `payload ${quote(name)}`),
    ...settleLines(settle),
  ];
  return lines.length === 0 ? [] : ["backdrop", ...indent(lines)];
}

/** A step in the order of its execution: ops, groups, settling, hold; a loop's groups come first. */
function stepLines(step: StepDocument, index: number): readonly string[] {
  const ops = opLines(step.ops);
  const groups = [...step.groups.flatMap(groupLines), ...settleLines(step.settle_sec)];
  const head = `step ${index}, phase ${step.phase}, from ${formatSeconds(step.start_sec)}`;
  if (step.interval_sec === null) return [head, ...indent([...ops, ...groups, `hold ${formatSeconds(step.hold_sec)}`])];
  const rounds = `for ${formatSeconds(step.hold_sec)}, each round followed by ${formatSeconds(step.interval_sec)}:`;
  return [head, ...indent([...groups, `loop ${rounds}`, ...indent(ops)])];
}

function topologyLine({
  source,
  cpus,
  usable,
  llcs,
  nodes,
  threads_per_core: threads,
}: ScenarioPlanDocument["topology"]) {
  const parts = [counted(nodes.length, "memory node"), counted(llcs.length, "last-level cache")];
  const per = threads === 1 ? "" : `, ${threads} threads per core`;
  return `topology ${source}: ${cpusText(cpus)}, usable ${usable}, ${parts.join(", ")}${per}`;
}

function planLines(plan: PlanDocument): readonly string[] {
  const { controllers, scheduler, checks, expectations } = plan;
  const checkText = Object.entries(checks).map(([name, value]) => `${name} ${value}`);
  return [
    `controllers: ${controllers.length === 0 ? "none" : controllers.join(" ")}`,
    ...(scheduler === null ? [] : [`scheduler ${quote(scheduler.name)}`]),
    ...backdropLines(plan),
    ...plan.steps.flatMap(stepLines),
    ...(checkText.length === 0 ? [] : [`checks: ${checkText.join(", ")}`]),
    ...(expectations === 0 ? [] : [`and ${counted(expectations, "expectation")}`]),
    ...plan.warnings.map(warningLine),
  ];
}

/** A plan for people. */
export function planText({ name, topology, unmet_needs: unmet, plan }: ScenarioPlanDocument): string {
  const head =
    plan === null
      ? `scenario ${name} would be skipped: ${unmet.map(needLine).join(", ")}`
      : `scenario ${name}: ${formatSeconds(plan.planned_sec)} planned, ${formatSeconds(plan.duration_sec)} of holds`;
  return `${[head, topologyLine(topology), ...(plan === null ? [] : planLines(plan))].join("\n")}\n`;
}
