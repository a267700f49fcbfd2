import type { AgentLimits, ControllerLimits, RunStage } from "../model/index.ts";
import { agentLimits, controllerLimits, onlyStage } from "../model/index.ts";
import type { Random } from "./random.ts";

/** What will befall one agent. */
export interface AgentFate {
  /** Attempts to connect that are refused, or that nobody answers; infinite: all. */
  readonly refusals: number;
  /** denial: it does not know its controller. */
  readonly refusedBy: "refusal" | "silence" | "denial";
  /** How far its clock is ahead of the controller's. */
  readonly clockAheadMs: number;
  /** A message takes between these, in either direction. */
  readonly wayMs: readonly [number, number];
  readonly rejects: boolean;
  readonly prepareMs: number;
  readonly prepareFails: boolean;
  readonly workMs: number;
  /** Of every stage after the first. */
  readonly later: readonly { readonly prepareMs: number; readonly workMs: number }[];
  /** Of its last stage. */
  readonly workFails: boolean;
  /** When its host ends it in good order: it says that its run was aborted. */
  readonly stopsAtMs: number | null;
  /** When its process dies; the controller's stream breaks then. */
  readonly diesAtMs: number | null;
  /** When it stops to read, to write and to think; its stream stays open. */
  readonly hangsAtMs: number | null;
  /** When nothing gets through in either direction, and for how long; what was said comes later. */
  readonly cutOff: { readonly atMs: number; readonly forMs: number } | null;
  /** When something comes from it that is no message. */
  readonly garblesAtMs: number | null;
}

/** What will befall a run. */
export interface Fate {
  readonly agents: readonly AgentFate[];
  readonly stages: readonly RunStage[];
  readonly minAgents: number;
  readonly interruptsAtMs: readonly number[];
  /** When the controller's process dies. */
  readonly controllerDiesAtMs: number | null;
  readonly controllerLimits: ControllerLimits;
  readonly agentLimits: AgentLimits;
}

/** An agent whom nothing befalls, on the next desk. */
const calmAgent: AgentFate = {
  refusals: 0,
  refusedBy: "refusal",
  clockAheadMs: 0,
  wayMs: [1, 1],
  rejects: false,
  prepareMs: 1000,
  prepareFails: false,
  workMs: 5000,
  later: [],
  workFails: false,
  stopsAtMs: null,
  diesAtMs: null,
  hangsAtMs: null,
  cutOff: null,
  garblesAtMs: null,
};

/** A run of these agents in which nothing else happens. */
export const calmFate = (agents: readonly Partial<AgentFate>[], rest: Partial<Fate> = {}): Fate => ({
  agents: agents.map((one) => ({ ...calmAgent, ...one })),
  stages: [onlyStage],
  minAgents: 1,
  interruptsAtMs: [],
  controllerDiesAtMs: null,
  controllerLimits,
  agentLimits,
  ...rest,
});

const longestMs = 60_000;

function drawRefusal(random: Random): AgentFate["refusedBy"] {
  if (random.chance(0.2)) return "denial";
  return random.chance(0.5) ? "refusal" : "silence";
}

/** Up to three stages; two thirds of the later ones have a barrier. */
function drawStages(random: Random): readonly RunStage[] {
  const later = random.chance(0.5) ? 0 : random.whole(1, 2);
  const names = Array.from({ length: later }, (_, at) => `stage-${at + 2}`);
  return [onlyStage, ...names.map((name) => ({ name, barrier: random.chance(0.67) }))];
}

function drawAgent(random: Random, share: number, later: number): AgentFate {
  const maybe = <T>(draw: () => T): T | null => (random.chance(share) ? draw() : null);
  const moment = (): number => random.whole(0, longestMs);
  const quick = random.whole(0, 50);
  return {
    refusals: maybe(() => (random.chance(0.5) ? random.whole(1, 3) : Number.POSITIVE_INFINITY)) ?? 0,
    refusedBy: drawRefusal(random),
    clockAheadMs: random.whole(-10_000, 10_000),
    wayMs: [quick, quick + (random.chance(share) ? random.whole(0, 3000) : random.whole(0, 20))],
    rejects: random.chance(share / 2),
    prepareMs: random.chance(share) ? random.whole(20_000, 45_000) : random.whole(0, 8000),
    prepareFails: random.chance(share / 2),
    workMs: random.chance(0.2) ? 0 : random.whole(0, 15_000),
    later: Array.from({ length: later }, () => ({
      prepareMs: random.chance(share) ? random.whole(20_000, 45_000) : random.whole(0, 8000),
      workMs: random.chance(0.2) ? 0 : random.whole(0, 15_000),
    })),
    workFails: random.chance(share / 2),
    stopsAtMs: maybe(moment),
    diesAtMs: maybe(moment),
    hangsAtMs: maybe(moment),
    cutOff: maybe(() => ({ atMs: moment(), forMs: random.whole(100, longestMs) })),
    garblesAtMs: maybe(moment),
  };
}

/** Most runs have the limits that are the default; the rest, some that another part of the machines needs to end it. */
function drawLimits(random: Random): Pick<Fate, "controllerLimits" | "agentLimits"> {
  const either = <T>(usual: T, other: T): T => (random.chance(0.7) ? usual : other);
  return {
    controllerLimits: {
      ...controllerLimits,
      prepareMs: either<number | null>(controllerLimits.prepareMs, null),
      readyMs: either(controllerLimits.readyMs, 20_000),
      barrierMs: either<number | null>(random.chance(0.5) ? null : controllerLimits.barrierMs, random.whole(0, 20_000)),
      noReportMs: either<number | null>(controllerLimits.noReportMs, 20_000),
      pings: either(controllerLimits.pings, 6),
      clockProbes: random.whole(1, controllerLimits.clockProbes),
    },
    agentLimits: {
      ...agentLimits,
      prepareMs: either<number | null>(agentLimits.prepareMs, random.chance(0.5) ? null : 25_000),
      readyMs: either(agentLimits.readyMs, 25_000),
    },
  };
}

/** Draws what will befall a run; one in four has no fault at all. */
export function drawFate(random: Random): Fate {
  const share = random.chance(0.25) ? 0 : random.next() * 0.3;
  const stages = drawStages(random);
  const agents = Array.from({ length: random.whole(1, 4) }, () => drawAgent(random, share, stages.length - 1));
  const moment = (): number => random.whole(0, longestMs);
  const first = random.chance(share) ? [moment()] : [];
  return {
    agents,
    stages,
    minAgents: random.chance(0.7) ? 1 : random.whole(1, agents.length),
    interruptsAtMs: random.chance(0.3) ? first.flatMap((atMs) => [atMs, atMs + random.whole(0, 6000)]) : first,
    controllerDiesAtMs: random.chance(share / 2) ? moment() : null,
    ...drawLimits(random),
  };
}
