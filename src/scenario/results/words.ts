import { counted, quote } from "../../report/index.ts";
import type { Outcome } from "../checks/index.ts";
import { figure } from "../checks/index.ts";
import type { ScenarioDocument } from "./document/schema.ts";

/** How people call a verdict. */
export const verdictWords: Readonly<Record<Outcome, string>> = {
  pass: "passed",
  fail: "failed",
  inconclusive: "is inconclusive",
  skip: "was skipped",
};

/** A name on a line: as it is, or quoted when it has characters that a terminal might act on. */
export const shown = (name: string): string => (/^[\x20-\x7e\u00a1-\u1fff]*$/.test(name) ? name : quote(name));

/** What people call a group. */
export const groupName = (cgroup: string): string => (cgroup === "" ? "(no group)" : shown(cgroup));

/** A figure with its unit, or a dash for one that was not measured. */
export const orDash = (value: number | null, unit = ""): string => (value === null ? "-" : `${figure(value)}${unit}`);

/** Milliseconds of the timeline. */
export const atText = (ms: number): string => `+${Math.round(ms)} ms`;

/** Of a hold that was cut to nothing. @param wantedMs how long it was to last */
export const noHoldText = (wantedMs: number): string =>
  `no time was left for its hold (wanted ${Math.round(wantedMs)} ms)`;

/** Name, scheduler and machine of a run. */
export const runTitle = ({ scenario, host }: ScenarioDocument): string =>
  `${scenario} [sched=${host.scheduler === null ? "kernel" : shown(host.scheduler)}] [topo=${host.topology}]`;

/** How slow the machine was, and how that is known; null where it was not slow. */
export function dilationText({ dilation }: Pick<ScenarioDocument, "dilation">): string | null {
  const { factor, setup_factor, source, compute_ratio, compute_busy_ratio, timer_ratio, process_ratio } = dilation;
  if (factor === 1 && setup_factor === 1) return null;
  const how =
    source === "given"
      ? "as was asked for"
      : `measured: computing ${orDash(compute_ratio)}, on all CPUs ${orDash(compute_busy_ratio)}, timers ${orDash(timer_ratio)}, processes ${orDash(process_ratio)} times`;
  return `time is ${figure(factor)} times slower than on a nominal machine, set-up ${figure(setup_factor)} times (${how})`;
}

type Check = ScenarioDocument["checks"][number];

/** How many held of those that applied and decide; and how many did not apply. */
export function heldText({ checks }: ScenarioDocument): string {
  const deciding = checks.filter(({ advisory }) => !advisory);
  const applied = deciding.filter(({ outcome }) => outcome !== "skip");
  const held = applied.filter(({ outcome }) => outcome === "pass").length;
  const without = deciding.length - applied.length;
  return `${held} of ${counted(applied.length, "check")} held${without === 0 ? "" : `, ${without} did not apply`}`;
}

/** Checks that speak against a run first, then those that had nothing to judge; those that held are left out. */
export const notableChecks = ({ checks }: ScenarioDocument): Check[] =>
  (["fail", "inconclusive", "skip"] as const).flatMap((wanted) =>
    checks.filter(({ outcome, advisory }) => outcome === wanted && !advisory),
  );
