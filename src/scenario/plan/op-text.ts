import { formatNumberList } from "../../kernel/index.ts";
import { formatExactBytes, formatSeconds, quote } from "../../report/index.ts";
import type { ResolvedCondition, ResolvedOp } from "../resolve/index.ts";
import { limitsOf } from "./group-document.ts";

const seconds = (ms: number): string => formatSeconds(ms / 1000);
const listed = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? "CPU" : "CPUs"} ${formatNumberList(numbers)}`;
const here = (cgroup: string): string => (cgroup === "" ? "without a group" : `in ${quote(cgroup)}`);

function describeCondition(condition: ResolvedCondition): string {
  switch (condition.kind) {
    case "pressure": {
      const { cgroup, resource, share, stallUs, windowUs } = condition;
      const whose = cgroup === null ? "the host" : quote(cgroup);
      return `${share} ${resource} pressure of ${whose} is ${stallUs} us within ${windowUs} us`;
    }
    case "events":
      return `${condition.counter} of ${quote(condition.cgroup)} has grown by ${condition.by}${condition.since === "step" ? " since the step began" : ""}`;
    case "state":
      return `${quote(condition.cgroup)} is ${condition.is}`;
    case "metric": {
      const { cgroup, metric, atLeast, atMost } = condition;
      return `${metric} of ${quote(cgroup)} is ${atLeast === null ? `at most ${atMost}` : `at least ${atLeast}`}`;
    }
  }
}

function describeAffinity(op: Extract<ResolvedOp, { kind: "set_affinity" }>): string {
  const { affinity, cgroup } = op;
  if (affinity.kind === "inherit") return `workers of ${quote(cgroup)} keep their CPUs`;
  return affinity.kind === "fixed"
    ? `workers of ${quote(cgroup)} run on ${listed(affinity.cpus)}`
    : `each worker of ${quote(cgroup)} runs on ${affinity.count} of ${listed(affinity.pool)}`;
}

const texts: { readonly [K in ResolvedOp["kind"]]: (op: Extract<ResolvedOp, { kind: K }>) => string } = {
  add_cgroup: ({ group }) => `makes ${quote(group.name)}, empty`,
  add_cgroup_def: ({ group }) => `makes ${quote(group.name)}`,
  remove_cgroup: ({ cgroup, isKnown }) =>
    isKnown ? `removes ${quote(cgroup)}` : `removes ${quote(cgroup)}, which is not there`,
  set_cpuset: ({ cgroup, cpuset }) => `${quote(cgroup)} gets ${listed(cpuset.cpus)}`,
  clear_cpuset: ({ cgroup }) => `${quote(cgroup)} inherits its CPUs`,
  swap_cpusets: ({ a, b }) => `${quote(a)} and ${quote(b)} swap their CPUs`,
  set_limits: ({ cgroup, limits }) =>
    `${quote(cgroup)} gets ${limitsOf(limits)
      .map(({ name, value }) => `${name} ${value}`)
      .join(", ")}`,
  spawn: ({ cgroup, work }) => `starts ${work.workers} × ${work.workType} ${here(cgroup ?? "")}`,
  stop_cgroup: ({ cgroup }) => `ends what runs in ${quote(cgroup)}`,
  set_affinity: describeAffinity,
  move_all_tasks: ({ from, to }) =>
    `moves ${from === "" ? "what has no group" : `all of ${quote(from)}`} to ${quote(to)}`,
  run_payload: ({ run }) => `starts ${quote(run.payload)} ${here(run.cgroup)}`,
  wait_payload: ({ payload, cgroup, timeoutMs }) =>
    `waits for ${quote(payload)} ${here(cgroup)}${timeoutMs === null ? "" : `, at most ${seconds(timeoutMs)}`}`,
  kill_payload: ({ payload, cgroup }) => `kills ${quote(payload)} ${here(cgroup)}`,
  freeze_cgroup: ({ cgroup }) => `freezes ${quote(cgroup)}`,
  unfreeze_cgroup: ({ cgroup }) => `thaws ${quote(cgroup)}`,
  kill_cgroup: ({ cgroup }) => `kills every process of ${quote(cgroup)}`,
  reclaim: ({ cgroup, amount }) =>
    `takes ${"bytes" in amount ? formatExactBytes(amount.bytes) : `${amount.fraction * 100}%`} from ${quote(cgroup)}`,
  wait: ({ condition, timeoutMs }) => `waits until ${describeCondition(condition)}, at most ${seconds(timeoutMs)}`,
  capture_cgroup_procs: ({ tag, cgroup }) => `keeps the processes of ${quote(cgroup)} as ${quote(tag)}`,
  attach_scheduler: ({ scheduler }) => `starts scheduler ${quote(scheduler.name)}`,
  replace_scheduler: ({ scheduler }) => `starts scheduler ${quote(scheduler.name)} in place of the one that runs`,
  detach_scheduler: () => "ends the scheduler",
  restart_scheduler: ({ scheduler }) => `starts scheduler ${quote(scheduler.name)} again`,
};

/** What an op does, for people. */
export const describeOp = (op: ResolvedOp): string => (texts[op.kind] as (op: ResolvedOp) => string)(op);
