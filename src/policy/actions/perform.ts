import type { ProcessIdentity, ProgramMark } from "../../kernel/index.ts";
import { hasExecuted, isRunning, readProcessStat, readProgramMark, taskFlags } from "../../kernel/index.ts";
import type { Action, ActionContext, ActionResult, EnrolledWorkloads, Measure, Target } from "../model/index.ts";
import { doneFromThrown, stopped } from "./failure.ts";
import { prepareFreeze } from "./freeze.ts";
import { prepareHook } from "./hook.ts";
import { prepareMadvise } from "./madvise.ts";
import { gainedBytes, judgeGain, takeMeasure } from "./measure.ts";
import { prepareMemoryHigh } from "./memory-high.ts";
import { prepareMessage } from "./message.ts";
import { prepareReclaim } from "./reclaim.ts";
import type { Restores } from "./restores.ts";
import { prepareSignal } from "./signal.ts";
import type { Site } from "./site.ts";
import type { Done, Gain, Refusal, Step } from "./step.ts";
import { done, isRefusal, nowNs, refuse } from "./step.ts";
import type { Turns } from "./turns.ts";
import { prepareWeight } from "./weight.ts";

/** What all actions of one door share. */
export interface Tools {
  readonly workloads: EnrolledWorkloads | null;
  readonly restores: Restores;
  readonly turns: Turns;
}

/** The actions that can be done to a group as such. */
export type GroupAction = Extract<Action, { do: "reclaim" | "memory_high" | "freeze" | "thaw" | "weight" }>;

const isOnGroup = (action: Action): action is GroupAction =>
  ["reclaim", "memory_high", "freeze", "thaw", "weight"].includes(action.do);

/** An action on a group, ready to be done. */
function prepareOnGroup(action: GroupAction, site: Site, context: ActionContext, tools: Tools): Step | Refusal {
  switch (action.do) {
    case "reclaim":
      return prepareReclaim(action, site, context, tools.turns);
    case "memory_high":
      return prepareMemoryHigh(action, site, context, tools);
    case "freeze":
      return prepareFreeze(action.mostMs, site, context, tools.restores);
    case "thaw":
      return prepareFreeze(null, site, context, tools.restores);
    case "weight":
      return prepareWeight(action, site, context, tools.restores);
  }
}

/** Why no rule may act on a process itself, or null. */
function whyProtected(pid: number): string | null {
  if (pid === process.pid) return "the process is Corral itself";
  if (pid === 1) return "the process is process 1";
  const flags = readProcessStat(pid)?.flags ?? 0;
  return (flags & taskFlags.kernelThread) === 0 ? null : "the process is a kernel thread";
}

function prepareOnProcess(
  action: Exclude<Action, GroupAction>,
  target: Target,
  context: ActionContext,
  tools: Tools,
): Step | Refusal {
  const { identity } = target;
  if (action.do === "exec") return prepareHook(action, target, context);
  const why = whyProtected(identity.pid);
  if (why !== null) return refuse("rejected", why);
  switch (action.do) {
    case "message":
      return prepareMessage(action, target, context, tools.workloads);
    case "signal":
      return prepareSignal(action.signal, identity);
    case "madvise":
      return prepareMadvise(action.advice, identity, context.signal, tools.turns);
  }
}

/** An action on a process or on its group, ready to be done. */
export const prepare = (
  action: Action,
  target: Target,
  site: Site,
  context: ActionContext,
  tools: Tools,
): Step | Refusal =>
  isOnGroup(action) ? prepareOnGroup(action, site, context, tools) : prepareOnProcess(action, target, context, tools);

export const prepareForGroup = prepareOnGroup;

/** Looks at the target for the last time before something is done to it; null when it is what it was. */
function whyNotNow(identity: ProcessIdentity | null, before: ProgramMark | null): Done | null {
  if (identity === null) return null;
  if (!isRunning(identity)) return gone();
  const now = readProgramMark(identity.pid);
  return before !== null && now !== null && hasExecuted(before, now)
    ? done("superseded", "the process executed another program meanwhile", null)
    : null;
}

const gone = (): Done => done("exited_before", "the process had ended", null);

/** What was reclaimed or paged out; null for actions that do neither. */
function amountOf(gain: Gain, before: Measure, after: Measure): number | null {
  const gained = gain === "pss" ? null : gainedBytes(gain, before, after);
  return gained === null ? null : Math.max(0, gained);
}

interface Ending {
  readonly step: Step | null;
  readonly result: Done;
  readonly before: Measure | null;
  readonly after: Measure | null;
}

const without = (result: Done, step: Step | null = null): Ending => ({ step, result, before: null, after: null });

async function doStep(step: Step, site: Site, mark: ProgramMark | null): Promise<Ending> {
  const before = takeMeasure(site);
  // Measuring took a while.
  const late = whyNotNow(site.identity, mark);
  if (late !== null) return { ...without(late, step), before };
  let result: Done;
  try {
    result = await step.run();
  } catch (thrown) {
    result = doneFromThrown(thrown, nowNs());
  }
  if (result.outcome === "rejected" && site.identity !== null && !isRunning(site.identity))
    result = { ...result, ...gone() };
  return { step, result, before, after: result.requestedNs === null ? null : takeMeasure(site) };
}

async function attempt(site: Site, context: ActionContext, ready: () => Step | Refusal): Promise<Ending> {
  const { identity } = site;
  const mark = identity === null ? null : readProgramMark(identity.pid);
  if (identity !== null && !isRunning(identity)) return without(gone());
  if (context.signal?.aborted === true) return without(stopped(null));
  const step = ready();
  if (isRefusal(step)) return without(done(step.refused, step.reason, null));
  if (context.dryRun) return without(done("dry_run", `would ${step.plan}`, null), step);
  return doStep(step, site, mark);
}

/** Does one action and tells how it ended. Never rejects. */
export async function perform(site: Site, context: ActionContext, ready: () => Step | Refusal): Promise<ActionResult> {
  const startedNs = nowNs();
  let ending: Ending;
  try {
    ending = await attempt(site, context, ready);
  } catch (thrown) {
    ending = without(doneFromThrown(thrown, null));
  }
  const { step, result, before, after } = ending;
  const gain = step?.gain ?? null;
  const measured = before !== null && after !== null;
  const judged = measured ? judgeGain(result, gain, gainedBytes(gain, before, after)) : result;
  return {
    outcome: judged.outcome,
    reason: judged.reason,
    errno: result.errno,
    before,
    after,
    affected: step?.affected ?? null,
    amountBytes: measured ? amountOf(gain, before, after) : null,
    stats: result.stats,
    phases: result.phases,
    startedNs,
    requestedNs: result.requestedNs,
    acknowledgedNs: result.acknowledgedNs,
    finishedNs: nowNs(),
  };
}
