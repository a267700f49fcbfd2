import type {
  AffinityIntent,
  CpusetSpec,
  Duration,
  GroupLimits,
  Op,
  SchedulerSpec,
  WaitCondition,
  WorkSpec,
} from "../model/index.ts";
import type { CgroupLike } from "./cgroup.ts";
import { toCgroupDef } from "./cgroup.ts";

const inGroup = (cgroup: string | undefined): { readonly cgroup?: string } => (cgroup === undefined ? {} : { cgroup });
const within = (timeout: Duration | undefined): { readonly timeout?: Duration } =>
  timeout === undefined ? {} : { timeout };

/** Every op that a step can do, by its name; what each does is told at `Ops`. */
export const ops = {
  addCgroup: (name: string): Op => ({ addCgroup: { name } }),
  addCgroupDef: (group: CgroupLike): Op => ({ addCgroupDef: toCgroupDef(group) }),
  removeCgroup: (cgroup: string): Op => ({ removeCgroup: { cgroup } }),
  setCpuset: (cgroup: string, cpus: CpusetSpec): Op => ({ setCpuset: { cgroup, cpus } }),
  clearCpuset: (cgroup: string): Op => ({ clearCpuset: { cgroup } }),
  swapCpusets: (a: string, b: string): Op => ({ swapCpusets: { a, b } }),
  setLimits: (cgroup: string, limits: GroupLimits): Op => ({ setLimits: { cgroup, limits } }),
  /** Workers in a group. */
  spawn: (cgroup: string, work: WorkSpec): Op => ({ spawn: { placement: { cgroup }, work } }),
  /** Workers where Corral is, without a group. */
  spawnHere: (work: WorkSpec): Op => ({ spawn: { placement: "runner", work } }),
  stopCgroup: (cgroup: string): Op => ({ stopCgroup: { cgroup } }),
  setAffinity: (cgroup: string, affinity: AffinityIntent): Op => ({ setAffinity: { cgroup, affinity } }),
  /** @param from `""`: workers without a group */
  moveAllTasks: (from: string, to: string): Op => ({ moveAllTasks: { from, to } }),
  /** @param cgroup default: where Corral is */
  runPayload: (payload: string, args: readonly string[] = [], cgroup?: string): Op => ({
    runPayload: { payload, ...(args.length === 0 ? {} : { args }), ...inGroup(cgroup) },
  }),
  waitPayload: (payload: string, cgroup?: string, timeout?: Duration): Op => ({
    waitPayload: { payload, ...inGroup(cgroup), ...within(timeout) },
  }),
  killPayload: (payload: string, cgroup?: string): Op => ({ killPayload: { payload, ...inGroup(cgroup) } }),
  freezeCgroup: (cgroup: string): Op => ({ freezeCgroup: { cgroup } }),
  unfreezeCgroup: (cgroup: string): Op => ({ unfreezeCgroup: { cgroup } }),
  killCgroup: (cgroup: string): Op => ({ killCgroup: { cgroup } }),
  /** @param amount a size (`64M`) or a share (`25%`) */
  reclaim: (cgroup: string, amount: string, swappiness?: number): Op => ({
    reclaim: { cgroup, amount, ...(swappiness === undefined ? {} : { swappiness }) },
  }),
  /** @param timeout default 10s */
  wait: (condition: WaitCondition, timeout?: Duration): Op => ({ wait: { for: condition, ...within(timeout) } }),
  captureCgroupProcs: (tag: string, cgroup: string): Op => ({ captureCgroupProcs: { tag, cgroup } }),
  attachScheduler: (scheduler: SchedulerSpec): Op => ({ attachScheduler: { scheduler } }),
  replaceScheduler: (scheduler: SchedulerSpec): Op => ({ replaceScheduler: { scheduler } }),
  detachScheduler: (): Op => "detach_scheduler",
  restartScheduler: (): Op => "restart_scheduler",
} as const;
