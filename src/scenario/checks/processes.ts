import { quote } from "../../report/index.ts";
import type { EndedProcess, PhaseRecord, RunFailure, RunRecord, StalledWorker } from "../record/index.ts";
import { failureText, isEndedByCaller, isHoldLost, lostHoldText, phaseOfStep } from "../record/index.ts";
import type { CheckResult, DetailKind, Where } from "./result.ts";
import { everywhere } from "./result.ts";

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

const failed = (check: string, kind: DetailKind, message: string, where: Partial<Where>): CheckResult => ({
  check,
  advisory: false,
  outcome: "fail",
  kind,
  message,
  found: null,
  limit: null,
  where: { ...everywhere, ...where },
});

const schedulerKinds = {
  crashed: "scheduler_crashed",
  exited: "scheduler_exited",
  unknown: "scheduler_died",
} as const satisfies Readonly<Record<EndedProcess["how"], DetailKind>>;

const howWords: Readonly<Record<EndedProcess["how"], string>> = {
  crashed: "failed",
  exited: "exited by itself",
  unknown: "ended for an unknown reason",
};

/** A supervised process is not there any more. */
function endedResult({ name, isScheduler, pid, atMs, when, stepsDone, steps, how, reason }: EndedProcess): CheckResult {
  const moment = {
    "between-steps": ` after step ${stepsDone} of ${steps}`,
    hold: ` during step ${Math.min(stepsDone + 1, steps)} of ${steps}`,
    end: `, found after all ${steps} steps`,
  }[when];
  const why = reason === "" ? "" : `: ${quote(reason, 200)}`;
  return failed(
    isScheduler ? "scheduler_lives" : "process_lives",
    isScheduler ? schedulerKinds[how] : "process_ended",
    `${isScheduler ? "scheduler" : "process"} ${quote(name)} ${howWords[how]}${moment}, ${seconds(atMs)} s into the run${why}`,
    { pid, atMs },
  );
}

function stalledResult({ cgroup, work, pid, comm, atMs, samples, diagnostics }: StalledWorker): CheckResult {
  const found = ["state", "wchan", "syscall"].flatMap((name) =>
    diagnostics[name] === undefined ? [] : [`${name} ${quote(diagnostics[name])}`],
  );
  const details = found.length === 0 ? "" : `: ${found.join(", ")}`;
  return failed(
    "worker_stuck",
    "worker_stuck",
    `worker ${pid} (${quote(comm)}) neither ran nor switched in ${samples} samples at +${Math.round(atMs)} ms${details}`,
    { cgroup, work, pid, atMs },
  );
}

/** The check that a run came to its end. One that did not is never counted as skipped: nothing allows that. */
export const completesCheck = "completes";

function failureResult(failure: RunFailure): CheckResult {
  const { step, atMs } = failure;
  const message = failureText(failure);
  if (isEndedByCaller(failure))
    return { ...failed(completesCheck, "other", `ended early: ${message}`, { atMs }), outcome: "inconclusive" };
  return failed(completesCheck, "other", message, { atMs, phase: step === null ? null : phaseOfStep(step) });
}

/** What ran with hardly any time says nothing of the step. */
const lostHoldResult = (phase: PhaseRecord): CheckResult => ({
  check: "hold_kept",
  advisory: false,
  outcome: "inconclusive",
  kind: "other",
  message: lostHoldText(phase),
  found: phase.plannedHoldMs,
  limit: phase.wantedHoldMs,
  where: { ...everywhere, phase: phase.phase, atMs: phase.holdMs },
});

/**
 * What is judged without being asked for: that the run came to its end, that its holds had time, and that what must live lived.
 * Nothing is told of what is as it should be.
 */
export const judgeProcesses = ({ phases, stalled, failures, ended }: RunRecord): CheckResult[] => [
  ...phases.filter(isHoldLost).map(lostHoldResult),
  ...stalled.map(stalledResult),
  ...failures.map(failureResult),
  ...ended.map(endedResult),
];
