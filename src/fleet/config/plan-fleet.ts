import { stringify } from "yaml";
import { CorralError } from "../../report/index.ts";
import type { Assignment, ControllerLimits } from "../model/index.ts";
import { agentLimits, controllerLimits } from "../model/index.ts";
import type { Threshold } from "../thresholds/index.ts";
import { parseThreshold } from "../thresholds/index.ts";
import type { FleetFile } from "./fleet-file.ts";
import { defaultAgentId } from "./load.ts";

/** What a run will be. */
export interface FleetPlan {
  readonly name: string;
  /** By their number. */
  readonly agents: readonly PlannedAgent[];
  readonly limits: ControllerLimits;
  /** With fewer agents left a run that has begun is ended for all. */
  readonly minAgents: number;
  readonly thresholds: readonly Threshold[];
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
  readonly workload: Workload;
}

function agentsOf({ agents, workload }: FleetFile): readonly NamedAgent[] {
  return (agents ?? []).map((agent, index) => {
    const { address, id, workload: own } = typeof agent === "string" ? { address: agent } : agent;
    return { target: address, agentId: id ?? defaultAgentId(index), workload: { ...workload, ...own } };
  });
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
    thresholds: (file.thresholds ?? []).map(parseThreshold),
    agents: agents.map(({ target, agentId, workload }, index) => {
      if (Object.keys(workload).length === 0)
        throw usage(`${agentId} has nothing to run`, "give a command after --, or a workload in the file");
      const words = { index: String(index), count: String(agents.length), agent: agentId };
      const config = stringify(withScenario(workload, readScenario));
      const pathPrefix = fill(prefixOf, words);
      return { target, assignment: { agentId, config, pathPrefix, index, count: agents.length } };
    }),
  };
}
