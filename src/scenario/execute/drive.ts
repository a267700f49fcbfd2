import { CorralError } from "../../report/index.ts";
import { baselinePhase, maxPhase } from "../record/index.ts";
import type { ResolvedScenario, ResolvedStep } from "../resolve/index.ts";
import { RunBook } from "./book.ts";
import type { Engine } from "./engine.ts";
import type { RunEvent } from "./events.ts";
import { boundWrites } from "./groups/bound-writes.ts";
import { GroupRemover } from "./groups/remove.ts";
import { HoldBudget } from "./hold-budget.ts";
import { limitsAt } from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { watchHost } from "./monitor.ts";
import { killPayloads, startPayload } from "./payload-runs.ts";
import { PhaseTracker } from "./phases.ts";
import type { Ports, Supervised } from "./ports.ts";
import { doOps, doSetup, runStep, StepError } from "./run-step.ts";
import { sampleGroups } from "./sampler.ts";
import { SchedulerSlot } from "./scheduler-slot.ts";
import { watchStalls } from "./stall.ts";
import { RunState, Slot } from "./state.ts";
import { takeDown } from "./teardown.ts";
import { WorksAhead } from "./works-ahead.ts";

export interface DriveOptions {
  readonly onEvent?: (event: RunEvent) => void;
  /** Ends the run: everything is taken down, and what is known is kept. */
  readonly signal?: AbortSignal | null;
  /** Processes that must live as long as the run. */
  readonly supervised?: readonly Supervised[];
  /** That paths of modules count from. Default: the working directory. */
  readonly directory?: string;
  /** Whether the host's run queues are looked at meanwhile, which costs some time of a CPU. Default: not. */
  readonly monitor?: boolean;
  /**
   * Factor by which set-up is slower than on a machine of nominal speed: all limits in time are multiplied by it, and above 1 the
   * duration counts settling and holds alone. Default 1.
   */
  readonly dilation?: number;
}

function makeEngine(plan: ResolvedScenario, given: Ports, options: DriveOptions): Engine {
  const dilation = options.dilation ?? 1;
  const limits = limitsAt(dilation);
  const files = boundWrites(given.files, given.clock, limits.writeLimitMs);
  const ports = { ...given, files };
  const book = new RunBook(ports.clock, options.onEvent ?? (() => {}));
  const state = new RunState();
  const movers = { files, clock: ports.clock, limits, warn: (line: string) => book.warn(line) };
  const parts = { clock: ports.clock, book, scheduler: ports.scheduler };
  const liveness = new Liveness(parts, plan.steps.length, options.signal ?? null);
  return {
    plan,
    ports,
    book,
    state,
    phases: new PhaseTracker(book, state),
    movers,
    remover: new GroupRemover(movers),
    liveness,
    scheduler: new SchedulerSlot({ clock: ports.clock, source: ports.scheduler, liveness, limits }),
    ahead: new WorksAhead(),
    budget: new HoldBudget(book, dilation === 1),
    limits,
    dilation,
    directory: options.directory ?? process.cwd(),
  };
}

async function doBackdrop(engine: Engine): Promise<void> {
  const { groups, ops, payloads, settleMs } = engine.plan.backdrop;
  engine.phases.begin(baselinePhase);
  try {
    await doSetup(engine, null, groups);
    await doOps(engine, null, ops);
    for (const run of payloads) await startPayload(engine, run);
    if (settleMs > 0) await engine.liveness.hold(settleMs);
    engine.budget.spend(settleMs);
  } finally {
    engine.phases.end();
  }
}

/** One step from its begin until nothing of it is left. @returns its iterations when its hold was kept */
async function doStep(engine: Engine, step: ResolvedStep): Promise<number | null> {
  const { book, state, liveness } = engine;
  if (step.index + 1 > maxPhase) book.warn(`step ${step.index} has no phase of its own: the last is ${maxPhase}`);
  const slot = new Slot(step.index);
  state.step = slot;
  liveness.progress.when = "hold";
  try {
    const totals = await runStep(engine, step);
    liveness.progress.stepsDone += totals === null ? 0 : 1;
    return totals?.iterations ?? null;
  } catch (thrown) {
    await killPayloads(engine, state.payloads);
    throw thrown;
  } finally {
    liveness.progress.when = "between-steps";
    book.tell({ kind: "pause", step: step.index, atMs: book.nowMs() });
    try {
      await takeDown(engine, slot);
    } finally {
      state.step = null;
    }
  }
}

/** @returns iterations of the last step that was kept to its end; 0 without one */
async function doSteps(engine: Engine): Promise<number> {
  const { book, liveness, plan } = engine;
  let iterations = 0;
  for (const step of plan.steps) {
    liveness.probe();
    if (liveness.mustEnd) break;
    try {
      iterations = (await doStep(engine, step)) ?? iterations;
    } catch (thrown) {
      failStep(engine, step.index, thrown);
      break;
    }
  }
  book.uncountedMs = engine.budget.uncountedMs;
  liveness.progress.when = "end";
  liveness.probe();
  if (liveness.isAborted && book.failures.length === 0) {
    const part = { stage: "engine", step: null, op: null } as const;
    book.fail(part, new CorralError("ABORTED", "the run was ended by its caller"));
  }
  return iterations;
}

/** A process that died meanwhile is the reason, and told as that. */
function failStep({ book, liveness }: Engine, step: number, thrown: unknown): void {
  if (liveness.isDead) return;
  const op = thrown instanceof StepError ? thrown.op : null;
  const cause = thrown instanceof StepError ? thrown.cause : thrown;
  book.fail({ stage: "step", step, op }, cause);
}

/** Does what goes on beside the steps for as long as `work` takes. */
async function beside(engine: Engine, monitor: boolean, work: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  const loops = [
    orFail(engine.book, () => sampleGroups(engine, end.signal)),
    orFail(engine.book, () => watchStalls(engine, end.signal)),
    ...(monitor ? [orFail(engine.book, () => watchHost(engine, end.signal))] : []),
  ];
  try {
    await work();
  } finally {
    end.abort();
    await Promise.all(loops);
  }
}

async function doScenario(engine: Engine): Promise<void> {
  const { book, plan, liveness } = engine;
  // What is to end already has moments on record that count from before.
  if (!liveness.mustEnd) book.startClock();
  book.tell({ kind: "scenario_start", name: plan.name, steps: plan.steps.length, plannedMs: plan.plannedMs });
  try {
    await doBackdrop(engine);
  } catch (thrown) {
    const op = thrown instanceof StepError ? thrown.op : null;
    const cause = thrown instanceof StepError ? thrown.cause : thrown;
    await killPayloads(engine, engine.state.payloads);
    return book.fail({ stage: "backdrop", step: null, op }, cause);
  }
  const iterations = await doSteps(engine);
  book.tell({ kind: "scenario_end", atMs: book.nowMs(), iterations });
}

/**
 * Runs a settled scenario. Whatever goes wrong once it has begun is written down, what was found before is kept, and everything
 * is taken down.
 * @throws CorralError when the scenario's own group or its scheduler cannot be had: nothing is left then
 */
export async function drive(plan: ResolvedScenario, ports: Ports, options: DriveOptions = {}): Promise<RunBook> {
  const { files } = ports;
  try {
    await files.open(plan.controllers);
    const engine = makeEngine(plan, ports, options);
    using liveness = engine.liveness;
    for (const process of options.supervised ?? []) liveness.supervise(process);
    await attachFirst(engine);
    await finishing(engine, () => beside(engine, options.monitor ?? false, () => doScenario(engine)));
    await orFail(engine.book, () => files.close());
    return engine.book;
  } catch (thrown) {
    await closeQuietly(files);
    throw thrown;
  }
}

/** The scheduler that is there from the begin. A run that is to end meanwhile ends like any other. */
async function attachFirst({ plan, scheduler, liveness }: Engine): Promise<void> {
  if (plan.scheduler === null) return;
  try {
    await scheduler.attach(plan.scheduler);
  } catch (thrown) {
    if (!liveness.mustEnd) throw thrown;
  }
}

/** The first error is the one to tell; what is left is found by its record. */
async function closeQuietly(files: Ports["files"]): Promise<void> {
  try {
    await files.close();
  } catch {
    // Told by corral gc.
  }
}

async function orFail(book: RunBook, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    book.fail({ stage: "engine", step: null, op: null }, thrown);
  }
}

/** A bug of ours ends the run like any other error: with a failure on record and everything taken down. */
async function finishing(engine: Engine, work: () => Promise<void>): Promise<void> {
  const { book, state } = engine;
  await orFail(book, work);
  await orFail(book, () => takeDown(engine, state.backdrop));
  await orFail(book, () => engine.scheduler.close());
}
