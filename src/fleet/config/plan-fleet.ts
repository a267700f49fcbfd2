import { stringify } from "yaml";
import { CorralError, quote } from "../../report/index.ts";
import type { Assignment, ControllerLimits, RunStage } from "../model/index.ts";
import { agentLimits, controllerLimits, onlyStage } from "../model/index.ts";
import type { Threshold } from "../thresholds/index.ts";
import { parseThreshold } from "../thresholds/index.ts";
import { workKinds } from "../work/index.ts";
import type { FleetFile } from "./fleet-file.ts";
import { defaultAgentId } from "./load.ts";

/** What a run will be. */
export interface FleetPlan {
  readonly name: string;
  /** By their number. */
  readonly agents: readonly PlannedAgent[];
  /** What all agents go through, at least one. */
  readonly stages: readonly RunStage[];
  /** Whether the file speaks of stages. */
  readonly isStaged: boolean;
  readonly limits: ControllerLimits;
  /** With fewer agents left a run that has begun is ended for all. */
  readonly minAgents: number;
  readonly thresholds: readonly PlannedThreshold[];
}

export interface PlannedThreshold {
  /** What it is judged by, from 0. */
  readonly stage: number;
  readonly threshold: Threshold;
}

export interface PlannedAgent {
  /** As the dialer names it. */
  readonly target: string;
  readonly assignment: Assignment;
}

type Workload = Readonly<Record<string, unknown>>;

interface NamedAgent {
  readonly target: string;
  readonly agentId: string;
  /** Keys that replace those of every workload. */
  readonly own: Workload | undefined;
}

const kindOf = (workload: Workload | undefined): string | undefined =>
  workKinds.find((kind) => workload?.[kind] !== undefined);

/** Whether a workload says what runs, not only how. */
export const hasWork = (workload: Workload | undefined): boolean => kindOf(workload) !== undefined;

/** A workload with keys of another in the place of its own; of one that runs something of another kind nothing is left. */
function overlay(workload: Workload | undefined, own: Workload | undefined): Workload {
  const [before, now] = [kindOf(workload), kindOf(own)];
  return now === undefined || before === undefined || now === before ? { ...workload, ...own } : { ...own };
}

function agentsOf({ agents }: FleetFile): readonly NamedAgent[] {
  return (agents ?? []).map((agent, index) => {
    const { address, id, workload: own } = typeof agent === "string" ? { address: agent } : agent;
    return { target: address, agentId: id ?? defaultAgentId(index), own };
  });
}

/** What an agent is told to do: one workload, or one for every stage. */
function configOf(file: FleetFile, { agentId, own }: NamedAgent, readScenario: (path: string) => string): string {
  const whole = (workload: Workload, where: string): Workload => {
    if (Object.keys(workload).length === 0)
      throw usage(`${agentId} has nothing to run${where}`, "give a command after --, or a workload in the file");
    return withScenario(workload, readScenario);
  };
  const { stages, workload } = file;
  if (stages === undefined) return stringify(whole(overlay(workload, own), ""));
  return stringify({
    stages: stages.map(({ name, barrier = true, workload: its }) => ({
      name,
      barrier,
      workload: whole(overlay(overlay(workload, its), own), ` in the stage ${quote(name)}`),
    })),
  });
}

function thresholdsOf({ stages, thresholds = [] }: FleetFile): readonly PlannedThreshold[] {
  if (stages === undefined) return thresholds.map((one) => ({ stage: 0, threshold: parseThreshold(one) }));
  if (thresholds.length > 0)
    throw usage("thresholds are of stages where there are stages", "give them in the stages that they are about");
  return stages.flatMap(({ thresholds: its = [] }, stage) =>
    its.map((one) => ({ stage, threshold: parseThreshold(one) })),
  );
}

/** A template with an agent's own words in it. */
const fill = (template: string, words: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(index|count|agent)\}/g, (found, word: string) => words[word] ?? found);

/** A scenario is named by its file and sent as its text; one that has lines already is the text. */
function withScenario(workload: Workload, readScenario: (path: string) => string): Workload {
  const { scenario } = workload;
  return typeof scenario === "string" && !scenario.includes("\n")
    ? { ...workload, scenario: readScenario(scenario) }
    : workload;
}

function minAgentsOf(written: string | number | undefined, count: number): number {
  if (written === undefined) return 1;
  const text = String(written).trim();
  return text.endsWith("%") ? Math.max(1, Math.ceil((Number(text.slice(0, -1)) / 100) * count)) : Number(text);
}

function limitsOf({ timeouts = {} }: FleetFile): ControllerLimits {
  const defined = {
    connectMs: timeouts.connect,
    retryMs: timeouts.retry,
    prepareMs: timeouts.prepare,
    readyMs: timeouts.ready,
    barrierMs: timeouts.barrier,
    startDelayMs: timeouts.start_delay,
    firstReportMs: timeouts.first_report,
    silenceMs: timeouts.silence,
    pingMs: timeouts.ping,
    pings: timeouts.pings,
    noReportMs: timeouts.no_report,
    abortMs: timeouts.abort,
    clockProbes: timeouts.clock_probes,
  };
  return {
    ...controllerLimits,
    ...Object.fromEntries(Object.entries(defined).filter(([, value]) => value !== undefined)),
  };
}

const usage = (message: string, fix: string): CorralError => new CorralError("USAGE", message, { fix });

/** What a plan needs beside the file. */
export interface PlanContext {
  /** What the run is called when the file does not say it. */
  readonly name: string;
  /** Text of the file of a scenario that a workload names. @throws CorralError CONFIG */
  readonly readScenario: (path: string) => string;
}

/**
 * What a file, with what flags have put into it, comes to.
 * @throws CorralError USAGE when something is missing without which there is no run
 */
export function planFleet(file: FleetFile, { name, readScenario }: PlanContext): FleetPlan {
  const agents = agentsOf(file);
  if (agents.length === 0) throw usage("there is no agent", "give --agents, or agents in the file");
  const limits = limitsOf(file);
  if (limits.startDelayMs > agentLimits.farthestStartMs)
    throw usage(
      `the start would be ${limits.startDelayMs} ms ahead, and agents wait for ${agentLimits.farthestStartMs} ms at most`,
      "make start_delay shorter",
    );
  const minAgents = minAgentsOf(file.min_agents, agents.length);
  if (minAgents > agents.length)
    throw usage(`min_agents is ${minAgents}, of ${agents.length} agents`, "make it smaller");
  const prefixOf = file.shared_storage === true ? "" : (file.path_template ?? "{agent}/");
  return {
    name: file.name ?? name,
    limits,
    minAgents,
    stages: file.stages?.map(({ name: of, barrier = true }) => ({ name: of, barrier })) ?? [onlyStage],
    isStaged: file.stages !== undefined,
    thresholds: thresholdsOf(file),
    agents: agents.map((agent, index) => {
      const { target, agentId } = agent;
      const words = { index: String(index), count: String(agents.length), agent: agentId };
      const config = configOf(file, agent, readScenario);
      const pathPrefix = fill(prefixOf, words);
      return { target, assignment: { agentId, config, pathPrefix, index, count: agents.length } };
    }),
  };
}
