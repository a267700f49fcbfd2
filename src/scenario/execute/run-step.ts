import { CorralError } from "../../report/index.ts";
import { objectOf } from "../plan/index.ts";
import type { ResolvedGroup, ResolvedOp, ResolvedStep } from "../resolve/index.ts";
import type { Engine } from "./engine.ts";
import type { StepTotals } from "./events.ts";
import { makeGroup } from "./make-group.ts";
import { doOp, keepCounts } from "./ops/index.ts";
import { sampleAll } from "./sampler.ts";
import { makeAhead } from "./works.ts";

/** Where in a step something went wrong. */
export class StepError extends Error {
  /** Place of the op; null: the setup. */
  readonly op: number | null;

  constructor(op: number | null, cause: unknown) {
    super(CorralError.from(cause).message, { cause });
    this.op = op;
  }
}

/** @throws StepError */
export async function doOps(engine: Engine, step: number | null, ops: readonly ResolvedOp[], round = 0): Promise<void> {
  keepCounts(engine, ops);
  for (const op of ops) {
    const { kind, index } = op;
    try {
      engine.liveness.throwIfAborted();
      await engine.book.during({ step, index, round, kind, object: objectOf(op) }, () => doOp(engine, op));
    } catch (thrown) {
      throw new StepError(index, thrown);
    }
  }
}

/** @throws StepError */
export async function doSetup(engine: Engine, step: number | null, groups: readonly ResolvedGroup[]): Promise<void> {
  if (groups.length === 0) return;
  const object = groups.map(({ name }) => name).join(", ");
  try {
    await engine.book.during({ step, index: null, round: 0, kind: "setup", object }, async () => {
      for (const [at, group] of groups.entries()) {
        engine.liveness.throwIfAborted();
        makeAhead(engine, groups, at);
        await makeGroup(engine, group);
      }
    });
  } catch (thrown) {
    engine.ahead.clear();
    throw new StepError(null, thrown);
  }
}

/** Time and counters of the same moment. */
export function totalsOf({ book, state }: Engine): StepTotals {
  const { works, groups } = state;
  const samples = works.flatMap(({ set }) => set.sample());
  return {
    atMs: book.nowMs(),
    groups: groups.length,
    sets: works.length,
    workers: samples.length,
    iterations: samples.reduce((sum, { iterations }) => sum + iterations, 0),
  };
}

function beginHold(engine: Engine, step: ResolvedStep, holdMs: number, wantedHoldMs: number): void {
  const { index, label, ops, opMask } = step;
  sampleAll(engine);
  engine.phases.hold(holdMs, wantedHoldMs);
  const said = { step: index, label, ops: ops.length, opMask, holdMs, wantedHoldMs };
  engine.book.tell({ kind: "step_start", ...said, ...totalsOf(engine) });
  engine.book.tell({ kind: "resume", step: index, atMs: engine.book.nowMs() });
}

/** The pause after the setup. @returns whether it was kept to its end */
async function settle({ liveness, budget }: Engine, ms: number): Promise<boolean> {
  if (ms > 0 && !(await liveness.hold(ms))) return false;
  budget.spend(ms);
  return true;
}

async function runOnce(engine: Engine, step: ResolvedStep, wantedMs: number): Promise<boolean> {
  await doOps(engine, step.index, step.ops);
  await doSetup(engine, step.index, step.setup);
  if (!(await settle(engine, step.settleMs))) return false;
  const holdMs = Math.min(wantedMs, engine.budget.leftMs(step.deadlineMs));
  beginHold(engine, step, holdMs, wantedMs);
  const kept = await engine.liveness.hold(holdMs);
  engine.budget.spend(holdMs);
  return kept;
}

async function runLoop(
  engine: Engine,
  step: ResolvedStep,
  { intervalMs, plannedMs }: Extract<ResolvedStep["hold"], { readonly kind: "loop" }>,
): Promise<boolean> {
  await doSetup(engine, step.index, step.setup);
  if (!(await settle(engine, step.settleMs))) return false;
  const { book, budget, phases, liveness } = engine;
  const holdMs = budget.leftMs(step.deadlineMs);
  beginHold(engine, step, holdMs, plannedMs);
  const untilMs = book.nowMs() + holdMs;
  phases.rounds(0);
  // Its ops are what a loop holds with: their time counts everywhere.
  for (let round = 0; book.nowMs() < untilMs; round += 1) {
    phases.rounds(round + 1);
    await doOps(engine, step.index, step.ops, round);
    if (!(await liveness.hold(Math.min(intervalMs, Math.max(0, untilMs - book.nowMs()))))) return false;
  }
  budget.spend(holdMs);
  return !liveness.mustEnd;
}

/**
 * Does one step up to the end of its hold; nothing is taken down yet.
 * @returns the totals at the end of the hold; null when it was cut short
 * @throws StepError
 */
export async function runStep(engine: Engine, step: ResolvedStep): Promise<StepTotals | null> {
  const { hold, index } = step;
  engine.phases.begin(step.phase);
  try {
    const kept = await (hold.kind === "once" ? runOnce(engine, step, hold.wantedMs) : runLoop(engine, step, hold));
    sampleAll(engine);
    if (!kept) return null;
    const totals = totalsOf(engine);
    engine.book.tell({ kind: "step_end", step: index, ...totals });
    return totals;
  } finally {
    engine.phases.end();
  }
}
