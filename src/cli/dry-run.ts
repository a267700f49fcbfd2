import type { RunPlan, RunSpec } from "../run/index.ts";
import { describeOutcome, generateJobId, planPlacement } from "../run/index.ts";
import { writeText } from "./output.ts";

const describeWrites = (plan: RunPlan): string[] =>
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

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [title, ...lines]);

/** Prints what a run would do on this host; nothing is created, written or started. */
export function printDryRun(spec: RunSpec, json: boolean): number {
  const jobId = spec.jobId ?? generateJobId(spec.command[0] ?? "");
  const { plan, directories, obstacles, scope } = planPlacement(spec, jobId);
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
    return 0;
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
    ...section("cannot be had here:", [
      ...plan.settled.map((one) => `  ${describeOutcome(one)}`),
      ...obstacles.map((one) => `  ${one}`),
    ]),
    ...(spec.timeoutMs === null ? [] : [`would end it after ${spec.timeoutMs / 1000} s`]),
  ];
  writeText(1, `${lines.join("\n")}\n`);
  return 0;
}
