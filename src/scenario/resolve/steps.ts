import type { Step } from "../model/index.ts";
import { opKinds } from "../model/index.ts";
import type { Context } from "./context.ts";
import type { ExpandedStep } from "./expanded.ts";
import { resolveGroup } from "./groups.ts";
import { resolveHold } from "./holds.ts";
import { opKindOf, resolveOp } from "./ops.ts";
import { startPayload } from "./payloads.ts";
import type { Findings, Place } from "./problems.ts";
import type { ResolvedGroup } from "./resolved-group.ts";
import type { ResolvedOp } from "./resolved-op.ts";
import type { ResolvedPayloadRun } from "./resolved-payload.ts";
import type { ResolvedBackdrop, ResolvedStep } from "./resolved-scenario.ts";

/** Highest number of a phase. */
const mostPhases = 65_535;

const isDefined = <T>(value: T | null): value is T => value !== null;

const resolveGroups = (defs: readonly Parameters<typeof resolveGroup>[0][], place: Place, context: Context) =>
  defs.map((def, index) => resolveGroup(def, place.at(index), context)).filter(isDefined) satisfies ResolvedGroup[];

const resolveOps = (ops: NonNullable<Step["ops"]>, place: Place, context: Context): readonly ResolvedOp[] =>
  ops.map((op, index) => resolveOp(op, index, place.at(index), context)).filter(isDefined);

/** What lasts for the whole scenario: groups, then ops, then payloads. */
export function resolveBackdrop(context: Context, findings: Findings, settleMs: number): ResolvedBackdrop {
  const { cgroups = [], ops = [], payloads = [] } = context.scenario.backdrop ?? {};
  const place = findings.at("backdrop");
  context.rehearsal.slot = "backdrop";
  const groups = resolveGroups(cgroups, place.at("cgroups"), context);
  const resolvedOps = resolveOps(ops, place.at("ops"), context);
  const start = (name: string, index: number): ResolvedPayloadRun | null =>
    startPayload({ name, args: [], cgroup: "", source: "backdrop" }, place.at("payloads", index), context);
  return {
    groups,
    ops: resolvedOps,
    payloads: payloads.map(start).filter(isDefined),
    settleMs: groups.length > 0 ? settleMs : 0,
  };
}

/** Bit n is set when an op of the nth kind is among them. */
const maskOf = (ops: NonNullable<Step["ops"]>): number =>
  ops.reduce((mask, op) => mask | (1 << opKinds.indexOf(opKindOf(op))), 0) >>> 0;

/** Groups and ops of a step, in the order of their execution; a loop's ops are gone through for a second round too. */
function goThrough(
  step: ExpandedStep,
  place: Place,
  context: Context,
): { readonly setup: readonly ResolvedGroup[]; readonly ops: readonly ResolvedOp[] } {
  const { rehearsal } = context;
  const { setup: defs = [], ops = [], hold } = step;
  const isLoop = typeof hold === "object" && "loop" in hold;
  const makeGroups = (): readonly ResolvedGroup[] => resolveGroups(defs, place.at("setup"), context);
  const doOps = (): readonly ResolvedOp[] => resolveOps(ops, place.at("ops"), context);
  if (!isLoop) {
    rehearsal.upcoming = new Set(defs.map(({ name }) => name));
    const resolvedOps = doOps();
    rehearsal.upcoming = new Set();
    return { ops: resolvedOps, setup: makeGroups() };
  }
  const setup = makeGroups();
  const first = doOps();
  place.findings.isSecondRound = true;
  doOps();
  place.findings.isSecondRound = false;
  return { setup, ops: first };
}

/** When a step begins, and what all settling until then adds to the time of the scenario, milliseconds. */
interface StepStart {
  readonly startMs: number;
  readonly settledMs: number;
}

/** Every step, settled. */
export function resolveSteps(
  steps: readonly ExpandedStep[],
  context: Context,
  findings: Findings,
  times: { readonly durationMs: number; readonly settleMs: number; readonly backdropMs: number },
): readonly ResolvedStep[] {
  let at: StepStart = { startMs: times.backdropMs, settledMs: times.backdropMs };
  if (steps.length >= mostPhases)
    findings.at("steps", mostPhases - 1).warn(`this and later steps share the phase ${mostPhases}`);
  return steps.map((step, index) => {
    const place = findings.at("steps", index);
    context.rehearsal.slot = "step";
    const { setup, ops } = goThrough(step, place, context);
    const settleMs = (step.setup ?? []).length > 0 ? times.settleMs : 0;
    const { startMs, settledMs } = at;
    const deadlineMs = times.durationMs + settledMs + settleMs;
    const holdTimes = { durationMs: times.durationMs, holdStartMs: startMs + settleMs, deadlineMs };
    const hold = resolveHold(step.hold ?? "full", holdTimes, place.at("hold"));
    context.rehearsal.endStep(index);
    at = { startMs: startMs + settleMs + hold.plannedMs, settledMs: settledMs + settleMs };
    return {
      index,
      phase: Math.min(index + 1, mostPhases),
      label: `Step[${index}]`,
      ops,
      setup,
      settleMs,
      hold,
      startMs,
      deadlineMs,
      opMask: maskOf(step.ops ?? []),
    };
  });
}
