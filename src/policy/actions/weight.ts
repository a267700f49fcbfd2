import type { PlannedLimit } from "../../cgroup/index.ts";
import { applyLimits, planLimits, tryReadControl } from "../../cgroup/index.ts";
import type { Action, ActionContext } from "../model/index.ts";
import type { Restores } from "./restores.ts";
import type { GroundedPlace, Site } from "./site.ts";
import { groundOf } from "./site.ts";
import type { Done, Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";

type Weight = Extract<Action, { do: "weight" }>;

/** What a weight file held, as it can be written again: `default 100` of the io files, else its one line. */
export const originalWeight = (text: string): string => text.trim().split("\n", 1)[0] ?? "";

interface GroundedLimit {
  readonly limit: PlannedLimit;
  readonly ground: GroundedPlace;
}

async function apply(
  limits: readonly GroundedLimit[],
  impossible: readonly string[],
  restores: Restores,
): Promise<Done> {
  const requestedNs = nowNs();
  const told: string[] = [];
  const failed = [...impossible];
  for (const { limit, ground } of limits) {
    const [write] = limit.writes;
    const path = `${ground.place.directory}/${write?.file}`;
    const original = originalWeight(tryReadControl(path) ?? "");
    const [outcome] = applyLimits([limit], () => ground.place.directory);
    if (outcome?.status === "applied") {
      const ours = originalWeight(tryReadControl(path) ?? "");
      await restores.keep({ path, original, ours, mostMs: null, throughDeath: false });
      told.push(`${outcome.mechanism} is ${outcome.effective} now, it was ${original}`);
    } else failed.push(`${limit.name}: ${outcome?.reason}`);
  }
  if (failed.length === 0) return done("applied", told.join("; "), requestedNs);
  return done(told.length === 0 ? "rejected" : "partial", [...told, ...failed].join("; "), requestedNs);
}

/** The shares of the group under contention: cpu.weight and io.weight; cpu.shares and blkio.bfq.weight on v1. Put back at the end. */
export function prepareWeight(action: Weight, site: Site, context: ActionContext, restores: Restores): Step | Refusal {
  const { planned, settled } = planLimits(
    {
      ...(action.cpuWeight === null ? {} : { cpuWeight: action.cpuWeight }),
      ...(action.ioWeight === null ? {} : { ioWeight: action.ioWeight }),
    },
    site.host,
  );
  const impossible = settled.map(({ name, reason }) => `${name}: ${reason}`);
  const grounds = planned.map((limit) => ({ limit, ground: groundOf(site, limit.controller, context.othersInGroup) }));
  const limits: GroundedLimit[] = [];
  for (const { limit, ground } of grounds) {
    if ("refused" in ground) impossible.push(`${limit.name}: ${ground.reason}`);
    else limits.push({ limit, ground });
  }
  const [first] = limits;
  if (first === undefined) return refuse("rejected", impossible.join("; ") || "no weight was given");
  const writes = limits.flatMap(({ limit, ground }) =>
    limit.writes.map(({ file, value }) => `${value} to ${ground.place.directory}/${file}`),
  );
  return {
    plan: `write ${writes.join(" and ")}, of ${first.ground.affected.processes} processes`,
    affected: first.ground.affected,
    gain: null,
    run: () => apply(limits, impossible, restores),
  };
}
