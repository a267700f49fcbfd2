import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { diskUnder } from "../../cgroup/index.ts";
import { quote } from "../../report/index.ts";
import { durationOf } from "../file/index.ts";
import type { Needs } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import { threadsPerCore } from "../topology/index.ts";
import type { Context } from "./context.ts";
import type { ExpandedScenario } from "./expanded.ts";
import { judgeExpectation } from "./expectations.ts";
import { sortControllers } from "./limits.ts";
import { resolvePayloads } from "./payloads.ts";
import type { ScenarioProblem } from "./problems.ts";
import { Findings } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { ModuleJudge } from "./rehearsal.ts";
import { Rehearsal } from "./rehearsal.ts";
import type { ResolvedGroup, ScenarioController } from "./resolved-group.ts";
import type { ResolvedOp } from "./resolved-op.ts";
import type { ResolvedBackdrop, ResolvedScenario, ResolvedStep, UnmetNeed } from "./resolved-scenario.ts";
import { resolveScheduler } from "./schedulers.ts";
import { resolveBackdrop, resolveSteps } from "./steps.ts";
import { judgeScenarioValues } from "./values.ts";

/** What a scenario comes to on a topology. */
export type Resolution =
  | { readonly kind: "plan"; readonly plan: ResolvedScenario }
  /** The topology has less than the scenario needs, and nothing else is wrong with it. */
  | { readonly kind: "skip"; readonly unmet: readonly UnmetNeed[] }
  /** At least one. */
  | { readonly kind: "problems"; readonly problems: readonly ScenarioProblem[] };

const defaultDuration = "1s";

function unmetNeeds(needs: Needs, topology: Topology): readonly UnmetNeed[] {
  const found = {
    cpus: topology.cpus.length,
    llcs: topology.llcs.length,
    numaNodes: topology.nodes.length,
    threadsPerCore: threadsPerCore(topology),
  };
  const disks = needs.tmpdirDisk === true && diskUnder(resolve(tmpdir())) === null ? 0 : 1;
  return Object.entries({ ...found, tmpdirDisk: disks }).flatMap(([key, has]) => {
    const need = key as UnmetNeed["need"];
    const wanted = Number(needs[need] ?? 0);
    return wanted > has ? [{ need, wanted, found: has }] : [];
  });
}

/** Names of all groups that a scenario makes at some time. */
function groupNames({ backdrop, steps }: ExpandedScenario): ReadonlySet<string> {
  const ops = [...(backdrop?.ops ?? []), ...steps.flatMap((step) => step.ops ?? [])];
  const made = ops.flatMap((op) => {
    if (typeof op === "string") return [];
    if ("addCgroup" in op) return [op.addCgroup.name];
    return "addCgroupDef" in op ? [op.addCgroupDef.name] : [];
  });
  const defs = [...(backdrop?.cgroups ?? []), ...steps.flatMap((step) => step.setup ?? [])];
  return new Set([...defs.map(({ name }) => name), ...made]);
}

/** Controllers that the kernel hands down only by groups without processes (cgroup-v2.rst, No Internal Process Constraint). */
const domainControllers: readonly ScenarioController[] = ["memory", "io"];

function judgeCrowded({ crowded, needs }: Rehearsal): void {
  for (const { above, below, place } of crowded) {
    const lacks = domainControllers.filter((controller) => needs.get(below)?.has(controller));
    if (lacks.length === 0) continue;
    place.refuse(
      refuse(
        `group ${quote(above)} has processes, and the kernel hands no ${lacks.join(" or ")} controller down from it to ${quote(below)}`,
        "run them in a group of their own beside that one",
      ),
    );
  }
}

/** Groups have all controllers that limits and ops of the whole scenario need of them. */
function withNeeds({ needs }: Rehearsal) {
  const group = (one: ResolvedGroup): ResolvedGroup => ({
    ...one,
    controllers: sortControllers(needs.get(one.name) ?? []),
  });
  const op = (one: ResolvedOp): ResolvedOp =>
    one.kind === "add_cgroup" || one.kind === "add_cgroup_def" ? { ...one, group: group(one.group) } : one;
  return {
    backdrop: (one: ResolvedBackdrop): ResolvedBackdrop => ({
      ...one,
      groups: one.groups.map(group),
      ops: one.ops.map(op),
    }),
    step: (one: ResolvedStep): ResolvedStep => ({ ...one, setup: one.setup.map(group), ops: one.ops.map(op) }),
  };
}

/** Goes through a scenario whose values are sound. */
function settle(scenario: ExpandedScenario, rehearsal: Rehearsal, findings: Findings): ResolvedScenario {
  const { topology } = rehearsal;
  const durationMs = durationOf(scenario.duration ?? defaultDuration);
  const settleMs = durationOf(scenario.settle ?? "0s");
  if (scenario.workersPerCgroup === 0)
    findings
      .at("workersPerCgroup")
      .refuse(refuse("0 workers would pass every check without work", "use at least 1, or leave it out"));
  const payloads = resolvePayloads(scenario, findings);
  const groups = groupNames(scenario);
  const scheduler =
    scenario.scheduler === undefined ? null : resolveScheduler(scenario.scheduler, groups, findings.at("scheduler"));
  for (const [index, expectation] of (scenario.expect ?? []).entries())
    judgeExpectation(expectation, { groups, steps: scenario.steps.length }, findings.at("expect", index));
  rehearsal.hasScheduler = scheduler !== null;
  const context: Context = {
    scenario,
    rehearsal,
    payloads: new Map((scenario.payloads ?? []).map((payload) => [payload.name, payload])),
    scheduler,
  };
  const backdrop = resolveBackdrop(context, findings, settleMs);
  const times = { durationMs, settleMs, backdropMs: backdrop.settleMs };
  const steps = resolveSteps(scenario.steps, context, findings, times);
  judgeCrowded(rehearsal);
  const finish = withNeeds(rehearsal);
  const last = steps.at(-1);
  return {
    name: scenario.name,
    about: scenario.about ?? null,
    topology,
    durationMs,
    controllers: sortControllers([...rehearsal.needs.values()].flatMap((needs) => [...needs])),
    scheduler,
    payloads,
    backdrop: finish.backdrop(backdrop),
    steps: steps.map(finish.step),
    checks: scenario.checks ?? null,
    expect: scenario.expect ?? [],
    plannedMs: last === undefined ? 0 : last.startMs + last.settleMs + last.hold.plannedMs,
    warnings: findings.warnings,
  };
}

/**
 * What a scenario means on a topology: everything settled, or everything that is wrong with it. Pure, but for disks that
 * limits and needs name, which are looked up on this host, and what `judgeModule` does. Never throws.
 * @param judgeModule looks at modules of the user's; default: they are taken as they are
 */
export function resolveScenario(scenario: ExpandedScenario, topology: Topology, judgeModule?: ModuleJudge): Resolution {
  const wrong = judgeScenarioValues(scenario);
  if (wrong.length > 0) return { kind: "problems", problems: wrong };
  const findings = new Findings(scenario);
  const plan = settle(scenario, new Rehearsal(topology, judgeModule), findings);
  const unmet = unmetNeeds(scenario.needs ?? {}, topology);
  // What a smaller host lacks is no mistake of a scenario that says what it needs.
  const problems = findings.problems.filter(({ ofHost }) => !ofHost || unmet.length === 0);
  if (problems.length > 0) return { kind: "problems", problems };
  return unmet.length > 0 ? { kind: "skip", unmet } : { kind: "plan", plan };
}
