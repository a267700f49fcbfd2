import type { RunDocument } from "./document-schema.ts";
import type { RunOutcome } from "./outcome.ts";
import type { ToldStep } from "./told-step.ts";
import { countActions } from "./told-step.ts";

const groupOf = (path: string): string => path.split("/").slice(-2).join("/");

const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;

const stepDocument = ({ atMs, decision }: ToldStep): RunDocument["steps"][number] => ({
  at_ms: atMs,
  session: decision.session,
  action: decision.action,
  from: decision.from,
  to: decision.to,
  reason: decision.reason,
  threshold: decision.threshold,
  ...decision.observed,
  bound_by: groupOf(decision.observed.bound_by),
  writes: decision.writes.map(({ path, value }) => `${groupOf(path)} = ${value}`),
  killed: decision.killed === null ? null : groupOf(decision.killed),
  failed: decision.failed,
});

/** @returns one run as the document tells it */
export const runDocument = (outcome: RunOutcome): RunDocument => ({
  run: outcome.run,
  seed: outcome.seed,
  policy: outcome.policy,
  oom_kills: outcome.oomKills,
  peak_mib: outcome.peakMib,
  duration_ms: Math.round(outcome.durationMs),
  guard_cpu_ms: outcome.guardCpuMs,
  decisions: countActions(outcome.steps),
  steps: outcome.steps.map(stepDocument),
  sessions: outcome.sessions.map((one) => ({
    session: one.name,
    class: one.class,
    fate: one.fate,
    planned_ms: one.plannedMs,
    elapsed_ms: one.elapsedMs,
    ended_ms: Math.round(one.endedMs),
    peak_mib: one.peakMib,
    allocations_ms: one.allocationMs.map(toMicroseconds),
    spent: {
      cpu_user_ms: one.spent.cpuUserMs,
      cpu_sys_ms: one.spent.cpuSysMs,
      cpu_wait_ms: one.spent.cpuWaitMs,
      memory_wait_ms: one.spent.memoryWaitMs,
    },
  })),
});
