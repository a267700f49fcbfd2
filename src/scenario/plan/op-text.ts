import { formatNumberList } from "../../kernel/index.ts";
import { formatExactBytes, formatSeconds, quote } from "../../report/index.ts";
import type { ResolvedOp } from "../resolve/index.ts";
import { describeCondition } from "./condition-text.ts";
import { limitsOf } from "./group-document.ts";

const seconds = (ms: number): string => formatSeconds(ms / 1000);
const listed = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? "CPU" : "CPUs"} ${formatNumberList(numbers)}`;
const here = (cgroup: string): string => (cgroup === "" ? "without a group" : `in ${quote(cgroup)}`);

function describeAffinity(op: Extract<ResolvedOp, { kind: "set_affinity" }>): string {
  const { affinity, cgroup } = op;
  if (affinity.kind === "inherit") return `workers of ${quote(cgroup)} keep their CPUs`;
  return affinity.kind === "fixed"
    ? `workers of ${quote(cgroup)} run on ${listed(affinity.cpus)}`
    : `each worker of ${quote(cgroup)} runs on ${affinity.count} of ${listed(affinity.pool)}`;
}

type OpOf<K extends ResolvedOp["kind"]> = Extract<ResolvedOp, { kind: K }>;

/** The words of one kind of op. */
interface OpWords<K extends ResolvedOp["kind"]> {
  /** What it is done to, for a timeline; empty when there is nothing to name. */
  readonly object: (op: OpOf<K>) => string;
  /** What it does, as a sentence without its subject. */
  readonly does: (op: OpOf<K>) => string;
}

const group = ({ cgroup }: { readonly cgroup: string }): string => cgroup;
const made = ({ group: { name } }: { readonly group: { readonly name: string } }): string => name;
const scheduler = ({ scheduler: { name } }: { readonly scheduler: { readonly name: string } }): string => name;

const words: { readonly [K in ResolvedOp["kind"]]: OpWords<K> } = {
  add_cgroup: { object: made, does: (op) => `makes ${quote(op.group.name)}, empty` },
  add_cgroup_def: { object: made, does: (op) => `makes ${quote(op.group.name)}` },
  remove_cgroup: {
    object: group,
    does: ({ cgroup, isKnown }) => `removes ${quote(cgroup)}${isKnown ? "" : ", which is not there"}`,
  },
  set_cpuset: { object: group, does: ({ cgroup, cpuset }) => `${quote(cgroup)} gets ${listed(cpuset.cpus)}` },
  clear_cpuset: { object: group, does: ({ cgroup }) => `${quote(cgroup)} inherits its CPUs` },
  swap_cpusets: {
    object: ({ a, b }) => `${a} ↔ ${b}`,
    does: ({ a, b }) => `${quote(a)} and ${quote(b)} swap their CPUs`,
  },
  set_limits: {
    object: group,
    does: ({ cgroup, limits }) =>
      `${quote(cgroup)} gets ${limitsOf(limits)
        .map(({ name, value }) => `${name} ${value}`)
        .join(", ")}`,
  },
  spawn: {
    object: ({ cgroup }) => cgroup ?? "runner",
    does: ({ cgroup, work }) => `starts ${work.workers} × ${work.workType} ${here(cgroup ?? "")}`,
  },
  stop_cgroup: { object: group, does: ({ cgroup }) => `ends what runs in ${quote(cgroup)}` },
  set_affinity: { object: group, does: describeAffinity },
  move_all_tasks: {
    object: ({ from, to }) => `${from || "runner"} → ${to}`,
    does: ({ from, to }) => `moves ${from === "" ? "what has no group" : `all of ${quote(from)}`} to ${quote(to)}`,
  },
  run_payload: {
    object: ({ run }) => run.payload,
    does: ({ run }) => `starts ${quote(run.payload)} ${here(run.cgroup)}`,
  },
  wait_payload: {
    object: ({ payload }) => payload,
    does: ({ payload, cgroup, timeoutMs }) =>
      `waits for ${quote(payload)} ${here(cgroup)}${timeoutMs === null ? "" : `, at most ${seconds(timeoutMs)}`}`,
  },
  kill_payload: {
    object: ({ payload }) => payload,
    does: ({ payload, cgroup }) => `kills ${quote(payload)} ${here(cgroup)}`,
  },
  freeze_cgroup: { object: group, does: ({ cgroup }) => `freezes ${quote(cgroup)}` },
  unfreeze_cgroup: { object: group, does: ({ cgroup }) => `thaws ${quote(cgroup)}` },
  kill_cgroup: { object: group, does: ({ cgroup }) => `kills every process of ${quote(cgroup)}` },
  reclaim: {
    object: group,
    does: ({ cgroup, amount }) =>
      `takes ${"bytes" in amount ? formatExactBytes(amount.bytes) : `${amount.fraction * 100}%`} from ${quote(cgroup)}`,
  },
  wait: {
    object: ({ condition }) => describeCondition(condition),
    does: ({ condition, timeoutMs }) => `waits until ${describeCondition(condition)}, at most ${seconds(timeoutMs)}`,
  },
  capture_cgroup_procs: {
    object: group,
    does: ({ tag, cgroup }) => `keeps the processes of ${quote(cgroup)} as ${quote(tag)}`,
  },
  attach_scheduler: { object: scheduler, does: (op) => `starts scheduler ${quote(op.scheduler.name)}` },
  replace_scheduler: {
    object: scheduler,
    does: (op) => `starts scheduler ${quote(op.scheduler.name)} in place of the one that runs`,
  },
  detach_scheduler: { object: () => "", does: () => "ends the scheduler" },
  restart_scheduler: { object: scheduler, does: (op) => `starts scheduler ${quote(op.scheduler.name)} again` },
};

/** The words of an op, for any op: the table has them by its kind. */
const wordsOf = ({ kind }: ResolvedOp) =>
  words[kind] as { readonly [K in keyof OpWords<never>]: (op: ResolvedOp) => string };

/** What an op does, for people. */
export const describeOp = (op: ResolvedOp): string => wordsOf(op).does(op);

/** What an op is done to, for people: a group, a payload, `a → b`. Empty when there is nothing to name. */
export const objectOf = (op: ResolvedOp): string => wordsOf(op).object(op);
