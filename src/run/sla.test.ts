import { expect, test } from "vitest";
import type { ConstraintOutcome, StartError } from "../report/index.ts";
import { constraintStatuses, errorCodes, slaCompliances, slaReasons, slaViolations } from "../report/index.ts";
import type { SlaFacts } from "./sla.ts";
import { judgeSla } from "./sla.ts";

const fine: SlaFacts = {
  mode: "run",
  startError: null,
  constraints: [],
  held: false,
  endedByCorral: null,
  monitorLost: false,
  cleanupFailed: false,
  exitCode: 0,
  detached: false,
  endUnobserved: false,
};

const limit = (status: ConstraintOutcome["status"]): ConstraintOutcome => ({
  name: "memory-limit",
  requested: "1 MiB",
  status,
  mechanism: null,
  effective: null,
  reason: null,
});

const failedWith = (code: string): StartError => ({ code, message: "x" });

/** [what happened, compliant, reason] */
test.each<[Partial<SlaFacts>, boolean, string]>([
  [{}, true, "completed_successfully"],
  [{ exitCode: 1 }, true, "workload_failed_platform_ok"],
  [{ exitCode: null }, true, "workload_failed_platform_ok"],
  [{ endedByCorral: "timeout", exitCode: null }, true, "workload_failed_platform_ok"],
  [{ endedByCorral: "stop", exitCode: null }, true, "workload_failed_platform_ok"],
  [{ endedByCorral: "tied" }, false, "workload_killed_by_wrapper"],
  [{ endedByCorral: "abort" }, false, "workload_killed_by_wrapper"],
  [{ cleanupFailed: true }, false, "cgroup_cleanup_failed"],
  [{ monitorLost: true, exitCode: null }, false, "monitor_lost"],
  [{ detached: true, exitCode: null }, true, "detached_workload_continues"],
  [{ detached: true, endUnobserved: true, exitCode: null }, true, "ended_unobserved"],
  [{ detached: true, endUnobserved: true, monitorLost: true, exitCode: null }, false, "monitor_lost"],
  [{ mode: "attach", detached: true, endUnobserved: true, exitCode: null }, true, "ended_unobserved"],
  [{ mode: "attach" }, true, "observed_to_completion"],
  [{ mode: "attach", exitCode: 3 }, true, "observed_to_completion"],
  [{ mode: "attach", exitCode: null }, true, "observed_to_completion"],
  [{ mode: "attach", exitCode: null, detached: true }, true, "detached_workload_continues"],
  [{ mode: "attach", exitCode: null, monitorLost: true }, false, "monitor_lost"],
  [{ held: true, constraints: [limit("degraded")], detached: true }, false, "constraint_not_applied"],
  [{ held: true, constraints: [limit("failed")], monitorLost: true }, false, "constraint_not_applied"],
  [{ endedByCorral: "tied", cleanupFailed: true }, false, "workload_killed_by_wrapper"],
  [
    { startError: failedWith("COMMAND_NOT_FOUND"), held: true, constraints: [limit("failed")] },
    true,
    "workload_failed_platform_ok",
  ],
  [{ startError: failedWith("COMMAND_NOT_FOUND"), cleanupFailed: true }, false, "cgroup_cleanup_failed"],
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

/** Start errors that are not the wrapper's failure. */
const otherVerdicts: Readonly<Record<string, { compliant: boolean; reason: string }>> = {
  COMMAND_NOT_FOUND: { compliant: true, reason: "workload_failed_platform_ok" },
  COMMAND_NOT_EXECUTABLE: { compliant: true, reason: "workload_failed_platform_ok" },
  STRICT_REFUSED: { compliant: false, reason: "constraint_not_applied" },
};

test.each([...Object.keys(errorCodes), "A_CODE_OF_THE_FUTURE"])(
  "a job that never started with %s is the platform's fault unless its command is to blame",
  (code) => {
    expect(judgeSla({ ...fine, startError: failedWith(code), exitCode: null })).toEqual(
      otherVerdicts[code] ?? { compliant: false, reason: "start_failed_by_wrapper" },
    );
  },
);

/** Every value that a fact can have. */
const values: { readonly [K in keyof SlaFacts]: readonly SlaFacts[K][] } = {
  mode: ["run", "attach"],
  startError: [null, ...["COMMAND_NOT_FOUND", "START_FAILED", "STRICT_REFUSED"].map(failedWith)],
  constraints: [[], ...constraintStatuses.map((status) => [limit("applied"), limit(status)])],
  held: [false, true],
  endedByCorral: [null, "timeout", "stop", "tied", "abort"],
  monitorLost: [false, true],
  cleanupFailed: [false, true],
  exitCode: [0, 3, null],
  detached: [false, true],
  endUnobserved: [false, true],
};

const combinations: readonly SlaFacts[] = Object.entries(values).reduce<SlaFacts[]>(
  (known, [name, several]) => known.flatMap((facts) => several.map((value) => ({ ...facts, [name]: value }))),
  [fine],
);

const wrong = (isRight: (facts: SlaFacts) => boolean): SlaFacts[] => combinations.filter((one) => !isRight(one));

test("there is a violation exactly when Corral broke its word, in every combination of facts", () => {
  const notApplied = ({ constraints }: SlaFacts): boolean => constraints.some(({ status }) => status !== "applied");
  const broken = (facts: SlaFacts): boolean =>
    facts.startError?.code === "START_FAILED" ||
    facts.startError?.code === "STRICT_REFUSED" ||
    (facts.startError === null && facts.held && notApplied(facts)) ||
    facts.monitorLost ||
    facts.endedByCorral === "tied" ||
    facts.endedByCorral === "abort" ||
    facts.cleanupFailed;
  expect(combinations).toHaveLength(19200);
  expect(wrong((facts) => judgeSla(facts).compliant === !broken(facts))).toEqual([]);
});

test("how the workload exited moves no verdict, in any combination of facts", () => {
  const compliant = (facts: SlaFacts): boolean => judgeSla(facts).compliant;
  expect(wrong((facts) => compliant(facts) === compliant({ ...facts, exitCode: 0 }))).toEqual([]);
});

test("a reason says by itself whether it is a violation, and each is reached", () => {
  const inItsList = (facts: SlaFacts): boolean => {
    const { compliant, reason } = judgeSla(facts);
    return (compliant ? slaCompliances : slaViolations).some((one) => one === reason);
  };
  expect(wrong(inItsList)).toEqual([]);
  const reached = new Set(combinations.map((facts) => judgeSla(facts).reason));
  expect([...slaReasons].filter((reason) => !reached.has(reason))).toEqual([]);
});

test("only an attach is observed to its end, and only a run completes", () => {
  const inMode = (facts: SlaFacts): boolean => {
    const { reason } = judgeSla(facts);
    if (reason === "observed_to_completion") return facts.mode === "attach";
    return reason !== "completed_successfully" || facts.mode === "run";
  };
  expect(wrong(inMode)).toEqual([]);
});
