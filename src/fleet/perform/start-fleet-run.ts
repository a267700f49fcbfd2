import { hostName } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { systemClock } from "../clock/index.ts";
import { Conductor } from "../conduct/index.ts";
import type { FleetPlan } from "../config/index.ts";
import type { FleetRun, RunEffect } from "../controller/index.ts";
import type { LiveView } from "../live/index.ts";
import { LiveBoard } from "../live/index.ts";
import type { FleetOutcome } from "../model/index.ts";
import type { FleetResults, FleetStatus } from "../results/index.ts";
import { ResultsDirectory, RunRecorder } from "../results/index.ts";
import type { AgentDialer } from "../transport/index.ts";

export interface FleetRunRequest {
  readonly plan: FleetPlan;
  readonly dialer: AgentDialer;
  /** Directory below which the run makes one of its own. */
  readonly results: string;
  readonly configPath: string | null;
  /** As it was given; of a run without a file what its flags come to. */
  readonly configText: string;
  readonly commandLine: readonly string[];
  /** Of this Corral. */
  readonly version: string;
  /** Told of everything that the run does. */
  readonly onEffect: (effect: RunEffect) => void;
}

/** How a run ended. */
export interface FleetRunEnd {
  readonly outcome: FleetOutcome;
  readonly status: FleetStatus;
  /** What all agents together have measured, stage by stage, what was prepared first. */
  readonly results: readonly FleetResults[];
  /** Why results are missing; null: all were written. */
  readonly failure: CorralError | null;
}

/** A run that goes on. */
export interface RunningFleet {
  /** Directory of its results. */
  readonly directory: string;
  readonly ended: Promise<FleetRunEnd>;
  view(): LiveView;
  /** Ends it: the first time agents are told and waited for, the second time nobody is. */
  interrupt(): void;
}

/**
 * Starts a run whose results are written while it goes on.
 * @throws CorralError REPORT_UNWRITABLE when there can be no directory for them; then nothing was begun
 */
export function startFleetRun(request: FleetRunRequest): RunningFleet {
  const { plan, dialer } = request;
  const clock = systemClock();
  const directory = ResultsDirectory.create(request.results, plan.name, new Date());
  const agents = plan.agents.map(({ target, assignment: { agentId, config } }) => ({
    agentId,
    address: target,
    config,
  }));
  const { version, configPath, configText, commandLine } = request;
  const { stages, isStaged, thresholds } = plan;
  const facts = { version, configPath, configText, commandLine, agents, stages, isStaged, thresholds };
  const recorder = new RunRecorder({ ...facts, run: plan.name, hostname: hostName() }, directory, clock);
  const board = new LiveBoard(isStaged ? stages.map(({ name }) => name) : []);
  const conductor = new Conductor({
    assignments: plan.agents.map(({ assignment }) => assignment),
    targets: plan.agents.map(({ target }) => target),
    stages,
    limits: plan.limits,
    minAgents: plan.minAgents,
    dialer,
    world: clock,
    onEffect: (effect, run) => {
      recorder.take(effect, run);
      board.take(effect);
      request.onEffect(effect);
    },
  });
  recorder.begin(conductor.run);
  return {
    directory: directory.path,
    ended: conductor.conduct().then((outcome) => finish(conductor.run, outcome, recorder, directory)),
    view: () => board.view(conductor.run, { nowMs: clock.nowMs(), wallNs: clock.wallNs() }),
    interrupt: () => conductor.interrupt(),
  };
}

async function finish(
  run: FleetRun,
  machineOutcome: FleetOutcome,
  recorder: RunRecorder,
  directory: ResultsDirectory,
): Promise<FleetRunEnd> {
  const isMissed = machineOutcome === "completed" && recorder.verdicts().some(({ passed }) => !passed);
  const outcome = isMissed ? "missed" : machineOutcome;
  const status = await recorder.finish(run, outcome);
  const results = recorder.documents;
  try {
    await directory.end();
    return { outcome, status, results, failure: null };
  } catch (thrown) {
    return { outcome, status, results, failure: CorralError.from(thrown) };
  }
}
