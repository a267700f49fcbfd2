import type { FailureCause } from "../controller/index.ts";
import type { FleetOutcome } from "../model/index.ts";
import { isTerminal, weightiest } from "../model/index.ts";
import type { AgentFate, Fate } from "./fate.ts";
import type { SimulatedRun } from "./simulate-run.ts";
import type { AgentTruth } from "./simulated-agent.ts";

const isFaultless = (fate: AgentFate): boolean =>
  fate.refusals === 0 &&
  !fate.rejects &&
  !fate.prepareFails &&
  !fate.workFails &&
  fate.prepareMs < 15_000 &&
  fate.later.every(({ prepareMs }) => prepareMs < 15_000) &&
  fate.wayMs[1] < 1000 &&
  fate.stopsAtMs === null &&
  fate.diesAtMs === null &&
  fate.hangsAtMs === null &&
  fate.cutOff === null;

/** What one stream of an agent must have kept to, whatever befell it. */
function judgeAgent(agent: AgentTruth & { readonly hasEnded: boolean }, fate: AgentFate, number: number): string[] {
  const { sent, beganMs } = agent;
  const broken: string[] = [];
  const must = (holds: boolean, rule: string): void => void (holds || broken.push(`agent ${number}: ${rule}`));
  must(sent.filter(({ kind }) => kind === "ready").length <= 1, "it is ready at most once");
  must(sent.filter(isTerminal).length <= 1, "it has at most one last message");
  must(
    sent.slice(0, -1).every((one) => !isTerminal(one)),
    "nothing follows its last message",
  );
  must(
    sent.every(({ sequence }, index) => sequence === BigInt(index + 1)),
    "its messages are numbered from 1 without a gap",
  );
  const isAlive = !agent.isDead && fate.hangsAtMs === null;
  must(!isAlive || agent.hasEnded, "a stream that lives comes to an end");
  must(!(isAlive && agent.hasEnded && agent.underWay), "nothing is under way after the end");
  must(beganMs === null || sent.some(({ kind }) => kind === "ready"), "no workload without having been ready");
  return broken;
}

/** What the agents' own truth makes of a run that nobody ended and that began. */
function truthAfterStart(run: SimulatedRun): FleetOutcome {
  const completed = run.links.filter(({ state }) => state === "completed").length;
  if (completed === run.links.length) return "completed";
  return completed === 0 ? "failed" : "partial";
}

/** Causes of one outcome before the start, by what befell an agent. */
const causesOf: Readonly<Record<string, (fate: AgentFate) => boolean>> = {
  unreachable: ({ refusals, diesAtMs, wayMs }) => refusals > 0 || diesAtMs !== null || wayMs[1] > 1000,
  rejected: ({ rejects, prepareFails, wayMs, cutOff, refusals, diesAtMs, refusedBy }) =>
    rejects ||
    prepareFails ||
    wayMs[1] > 1000 ||
    cutOff !== null ||
    (refusedBy === "denial" && (refusals > 0 || diesAtMs !== null)),
  timeout: ({ prepareMs, hangsAtMs, cutOff, wayMs, refusals, diesAtMs }) =>
    prepareMs >= 15_000 ||
    hangsAtMs !== null ||
    cutOff !== null ||
    wayMs[1] > 1000 ||
    refusals > 0 ||
    diesAtMs !== null,
};

function judgeOutcome(run: SimulatedRun, fate: Fate): string[] {
  const { outcome } = run;
  if (outcome === null) return [];
  const broken: string[] = [];
  const must = (holds: boolean, rule: string): void => void (holds || broken.push(`outcome ${outcome}: ${rule}`));
  const wasInterrupted = fate.interruptsAtMs.some((atMs) => atMs <= (run.finishedMs ?? 0));
  if (outcome === "aborted") must(wasInterrupted, "only the user aborts");
  else if (outcome === "completed")
    must(
      run.agents.every((agent) => agent?.workedToTheEnd === true),
      "every workload was done to its end",
    );
  else if (outcome === "partial" || (outcome === "failed" && run.startMs !== null))
    must(outcome === truthAfterStart(run) || fate.minAgents > 1, "the number of completed agents says so");
  else if (outcome !== "failed")
    must(
      fate.agents.some((one) => causesOf[outcome]?.(one) === true),
      "it has a cause",
    );
  else
    must(
      fate.agents.some(({ diesAtMs, stopsAtMs }) => diesAtMs !== null || stopsAtMs !== null) ||
        run.links.some(({ failure }) => failure?.cause === "lost"),
      "an agent was lost",
    );
  // A barrier that is shorter than the difference between two agents' work is a fault of its own.
  const { barrierMs } = fate.controllerLimits;
  const isPatient = fate.stages.length === 1 || barrierMs === null || barrierMs > 200_000;
  const all = fate.agents.every(isFaultless) && isPatient && fate.interruptsAtMs.length === 0;
  if (all && fate.controllerDiesAtMs === null) must(outcome === "completed", "nothing was wrong");
  if (wasInterrupted && outcome !== "aborted")
    must(weightiest(["aborted", outcome]) !== "aborted", "an abort outweighs it");
  return broken;
}

const reported: readonly FailureCause[] = ["config_rejected", "prepare_failed", "workload_failed"];

/** What the controller says of its agents must be what they did. */
function judgeLinks(run: SimulatedRun): string[] {
  const isEnded = run.effects.some((effect) => effect.kind === "phase" && effect.to === "ending");
  return run.links.flatMap((link, number) => {
    const agent = run.agents[number];
    const broken: string[] = [];
    const must = (holds: boolean, rule: string): void => void (holds || broken.push(`link ${number}: ${rule}`));
    must(run.outcome === null || link.state === "completed" || link.failure !== null, "every agent has an end");
    if (link.state === "aborted") must(isEnded, "nobody is ended with a run that goes on");
    if (link.state === "completed") must(agent?.workedToTheEnd === true, "who is completed has worked to the end");
    if (link.failure !== null && reported.includes(link.failure.cause))
      must(agent?.sent.some(({ kind }) => kind === "error") === true, "a reported failure was reported");
    return broken;
  });
}

/** The common starts of the stages that had one, by the true clock. */
const startsOf = ({ effects }: SimulatedRun): ReadonlyMap<number, number> =>
  new Map(
    effects.flatMap((effect) =>
      effect.kind === "send" && effect.message.kind === "go"
        ? [[effect.message.stage, Number(effect.message.startNs / 1000n) / 1000 - 1e6] as const]
        : [],
    ),
  );

/** Clocks that are off by up to 10 s must not be seen in a start: only unequal ways, by half of the way at most. */
function judgeStarts(run: SimulatedRun, fate: Fate): string[] {
  const starts = startsOf(run);
  return run.agents.flatMap((agent, number) => {
    const [least = 0, most = 0] = fate.agents[number]?.wayMs ?? [];
    const isCut = fate.agents[number]?.cutOff !== null;
    return (agent?.stages ?? []).flatMap(({ stage, beganMs }) => {
      const lateMs = beganMs - (starts.get(stage) ?? beganMs);
      const where = stage === 0 ? "" : ` in stage ${stage}`;
      return isCut || Math.abs(lateMs) <= (most - least) / 2 + 0.01
        ? []
        : [`agent ${number} began ${lateMs} ms late${where}`];
    });
  });
}

/** At a barrier nobody begins before all that went on were there, and who completes has gone through every stage in order. */
function judgeStages({ agents, links }: SimulatedRun, { stages }: Fate): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, rule: string): void => void (holds || broken.push(rule));
  for (const [number, agent] of agents.entries()) {
    const went = (agent?.stages ?? []).map(({ stage }) => stage);
    must(
      went.every((stage, at) => stage === at),
      `agent ${number}: it goes through the stages in order, each once`,
    );
    if (links[number]?.state === "completed")
      must(went.length === stages.length, `agent ${number}: who is completed has done every stage`);
  }
  for (const [stage, { barrier }] of stages.entries()) {
    if (stage === 0 || !barrier) continue;
    const through = agents.filter((agent) => agent?.stages.some((one) => one.stage === stage) === true);
    const arrived = through.map((agent) => agent?.arrivals.find((one) => one.stage === stage)?.atMs ?? Number.NaN);
    const began = through.map((agent) => agent?.stages.find((one) => one.stage === stage)?.beganMs ?? Number.NaN);
    must(
      through.length === 0 || Math.min(...began) >= Math.max(...arrived),
      `stage ${stage}: nobody begins before all that went on were at its barrier`,
    );
  }
  return broken;
}

/** Rules that a run has broken; none of them may be, whatever befell it. */
export function judgeRun(run: SimulatedRun, fate: Fate): readonly string[] {
  const finishes = run.effects.filter(({ kind }) => kind === "finish").length;
  const rules: [holds: boolean, rule: string][] = [
    [run.isQuiet, "nothing is left to happen"],
    [finishes === (run.outcome === null ? 0 : 1), "a run is finished once"],
    [run.outcome !== null || fate.controllerDiesAtMs !== null, "a run comes to an end"],
    [run.effects.at(-1)?.kind === "finish" || run.outcome === null, "nothing is done after the end"],
  ];
  const broken = rules.flatMap(([holds, rule]) => (holds ? [] : [rule]));
  const agents = run.agents.flatMap((agent, number) => {
    const its = fate.agents[number];
    return agent === null || its === undefined ? [] : judgeAgent(agent, its, number);
  });
  return [
    ...broken,
    ...agents,
    ...judgeOutcome(run, fate),
    ...judgeLinks(run),
    ...judgeStarts(run, fate),
    ...judgeStages(run, fate),
  ];
}
