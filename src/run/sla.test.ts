import { expect, test } from "vitest";
import type { ConstraintOutcome } from "../report/index.ts";
import { constraintStatuses, errorCodes } from "../report/index.ts";
import type { SlaFacts } from "./sla.ts";
import { judgeSla } from "./sla.ts";

const fine: SlaFacts = {
  startError: null,
  constraints: [],
  held: false,
  endedByCorral: null,
  cleanupFailed: false,
  exitCode: 0,
  detached: false,
};

const limit = (status: ConstraintOutcome["status"]): ConstraintOutcome => ({
  name: "memory-limit",
  requested: "1 MiB",
  status,
  mechanism: null,
  effective: null,
  reason: null,
});

/** [what happened, compliant, reason] */
test.each<[Partial<SlaFacts>, boolean, string]>([
  [{}, true, "completed_successfully"],
  [{ exitCode: 1 }, true, "workload_failed_platform_ok"],
  [{ exitCode: null }, true, "workload_failed_platform_ok"],
  [{ endedByCorral: "timeout", exitCode: null }, true, "workload_failed_platform_ok"],
  [{ endedByCorral: "tied" }, false, "workload_killed_by_wrapper"],
  [{ endedByCorral: "abort" }, false, "workload_killed_by_wrapper"],
  [{ cleanupFailed: true }, false, "cgroup_cleanup_failed"],
  [{ detached: true, exitCode: null }, true, "detached_workload_continues"],
])("%j is judged %s: %s", (part, compliant, reason) => {
  expect(judgeSla({ ...fine, ...part })).toEqual({ compliant, reason });
});

test.each(constraintStatuses)("a limit that is %s counts only for a job that was promised something", (status) => {
  const applied = { compliant: true, reason: "completed_successfully" };
  const constraints = [limit("applied"), limit(status)];
  expect(judgeSla({ ...fine, constraints })).toEqual(applied);
  expect(judgeSla({ ...fine, constraints, held: true })).toEqual(
    status === "applied" ? applied : { compliant: false, reason: "constraint_not_applied" },
  );
});

test.each(Object.keys(errorCodes))(
  "a job that never started with %s is the platform's fault unless it is the command's",
  (code) => {
    const commandsFault = code === "COMMAND_NOT_FOUND" || code === "COMMAND_NOT_EXECUTABLE";
    expect(judgeSla({ ...fine, startError: { code, message: "x" }, exitCode: null })).toEqual({
      compliant: commandsFault,
      reason: commandsFault ? "workload_failed_platform_ok" : "start_failed_by_wrapper",
    });
  },
);
