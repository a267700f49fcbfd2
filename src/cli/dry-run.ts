import { errorCodes } from "../report/index.ts";
import type { PlacementPlan, RunPlan, RunSpec } from "../run/index.ts";
import { describeOutcome, foreseeStart, generateJobId, planPlacement } from "../run/index.ts";
import { say, writeText } from "./output.ts";

export const describeWrites = (plan: RunPlan): string[] =>
  plan.limits.planned.flatMap((limit) =>
    limit.writes.map(
      (write) => `  ${limit.controller.padEnd(7)} ${write.file} <- ${write.value}   (${limit.name} ${limit.requested})`,
    ),
  );

function describeAttributes(spec: RunSpec): string[] {
  const { rlimits, ...single } = spec.attributes;
  const set = Object.entries(single).filter(([, value]) => value !== null);
  return [
    ...set.map(([name, value]) => `  ${name} = ${typeof value === "object" ? JSON.stringify(value) : value}`),
    ...rlimits.map((rlimit) => `  rlimit ${rlimit.resource} = ${rlimit.soft}:${rlimit.hard}`),
  ];
}

export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines];

export const describeDirectories = (directories: PlacementPlan["directories"]): string[] =>
  section(
    "would create:",
    directories.map(({ path, controllers }) => {
      const names = controllers.length === 0 ? "" : ` (${controllers.join(", ")})`;
      return `  ${path}${names}`;
    }),
  );

/** Whether something that was asked for is certain to be less than applied. */
export const lacksSomething = ({ plan, obstacles, weaker, failing }: PlacementPlan): boolean =>
  plan.settled.length + obstacles.length + weaker.length + failing.length > 0;

/**
 * Prints what a run would do on this host; nothing is created, written or started.
 * @returns the exit status that the run is certain to have before its command executes anything, else 0
 */
export function printDryRun(spec: RunSpec, json: boolean): number {
  const jobId = spec.jobId ?? generateJobId(spec.command[0] ?? "");
  const placement = planPlacement(spec, jobId);
  const { plan, directories, obstacles, weaker, failing, scope } = placement;
  const refused = spec.strict && lacksSomething(placement);
  const startError = foreseeStart(spec);
  const status = refused ? errorCodes.STRICT_REFUSED.exitStatus : (startError?.exitStatus ?? 0);
  if (json) {
    writeText(
      1,
      `${JSON.stringify(
        {
          schema: "corral.plan/1",
          job_id: jobId,
          argv: spec.command,
          groups: directories,
          obstacles,
          weaker,
          failing,
          limits: plan.limits.planned,
          settled: plan.settled,
          attributes: plan.attributes,
          timeout_sec: spec.timeoutMs === null ? null : spec.timeoutMs / 1000,
          lifetime: spec.lifetime,
          scope: spec.scope,
          start_error: startError === null ? null : { code: startError.code, message: startError.message },
        },
        null,
        2,
      )}\n`,
    );
    return status;
  }
  const lines = [
    `job ${jobId}: ${spec.command.map((word) => JSON.stringify(word)).join(" ")}`,
    ...section("would ask systemd for:", scope === null ? [] : [`  ${scope}`]),
    ...describeDirectories(directories),
    ...section("would write:", describeWrites(plan)),
    ...section("would set in the workload:", describeAttributes(spec)),
    ...section(
      "only in a weaker form here:",
      weaker.map((one) => `  ${one}`),
    ),
    ...section("cannot be had here:", [
      ...plan.settled.map((one) => `  ${describeOutcome(one)}`),
      ...[...obstacles, ...failing].map((one) => `  ${one}`),
    ]),
    ...section("would never start:", startError === null ? [] : [`  ${startError.toLine()}`]),
    ...(spec.timeoutMs === null ? [] : [`would end it after ${spec.timeoutMs / 1000} s`]),
  ];
  writeText(1, `${lines.join("\n")}\n`);
  if (refused) say("--strict would refuse to start this");
  return status;
}
