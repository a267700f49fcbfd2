import { errorCodes } from "../report/index.ts";
import type { RunPlan, RunSpec } from "../run/index.ts";
import { describeOutcome, generateJobId, planPlacement } from "../run/index.ts";
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

/**
 * Prints what a run would do on this host; nothing is created, written or started.
 * @returns the exit status: that of a refusal when --strict would refuse for a reason that is known beforehand
 */
export function printDryRun(spec: RunSpec, json: boolean): number {
  const jobId = spec.jobId ?? generateJobId(spec.command[0] ?? "");
  const { plan, directories, obstacles, weaker, scope } = planPlacement(spec, jobId);
  const refused = spec.strict && plan.settled.length + obstacles.length + weaker.length > 0;
  const status = refused ? errorCodes.STRICT_REFUSED.exitStatus : 0;
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
          limits: plan.limits.planned,
          settled: plan.settled,
          attributes: plan.attributes,
          timeout_sec: spec.timeoutMs === null ? null : spec.timeoutMs / 1000,
          lifetime: spec.lifetime,
          scope: spec.scope,
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
    ...section(
      "would create:",
      directories.map(
        (one) => `  ${one.path}${one.controllers.length === 0 ? "" : ` (${one.controllers.join(", ")})`}`,
      ),
    ),
    ...section("would write:", describeWrites(plan)),
    ...section("would set in the workload:", describeAttributes(spec)),
    ...section(
      "only in a weaker form here:",
      weaker.map((one) => `  ${one}`),
    ),
    ...section("cannot be had here:", [
      ...plan.settled.map((one) => `  ${describeOutcome(one)}`),
      ...obstacles.map((one) => `  ${one}`),
    ]),
    ...(spec.timeoutMs === null ? [] : [`would end it after ${spec.timeoutMs / 1000} s`]),
  ];
  writeText(1, `${lines.join("\n")}\n`);
  if (status !== 0) say("--strict would refuse to start this");
  return status;
}
