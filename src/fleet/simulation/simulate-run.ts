import type { Link, RunEffect, RunEvent } from "../controller/index.ts";
import { FleetRun } from "../controller/index.ts";
import type { AgentMessage, Assignment, ControlMessage, FleetOutcome } from "../model/index.ts";
import type { Fate } from "./fate.ts";
import type { Random } from "./random.ts";
import type { AgentTruth } from "./simulated-agent.ts";
import { SimulatedAgent } from "./simulated-agent.ts";
import { SimulatedWire } from "./simulated-wire.ts";
import type { Planned } from "./virtual-time.ts";
import { VirtualTime } from "./virtual-time.ts";

/** No run may be under way any more by then. */
const horizonMs = 1_800_000;

/** What came of a run. */
export interface SimulatedRun {
  /** Null: the controller died before. */
  readonly outcome: FleetOutcome | null;
  readonly finishedMs: number | null;
  readonly startMs: number | null;
  readonly links: readonly Readonly<Link>[];
  /** By number of the agent; null: nobody reached it. */
  readonly agents: readonly ((AgentTruth & { readonly hasEnded: boolean }) | null)[];
  /** What the controller did, and when. */
  readonly effects: readonly (RunEffect & { readonly atMs: number })[];
  /** Whether nothing was left to happen. */
  readonly isQuiet: boolean;
}

const assignmentOf = (index: number, count: number): Assignment => ({
  agentId: `agent-${index}`,
  config: "",
  pathPrefix: "",
  index,
  count,
});

class Simulation {
  readonly #time = new VirtualTime();
  readonly #fate: Fate;
  readonly #random: Random;
  readonly #run: FleetRun;
  readonly #agents: (SimulatedAgent | null)[];
  readonly #wires: (SimulatedWire | null)[];
  readonly #attempts: number[];
  readonly #effects: (RunEffect & { readonly atMs: number })[] = [];
  #isControllerDead = false;
  #alarm: Planned | null = null;
  #alarmMs = Number.POSITIVE_INFINITY;
  #outcome: FleetOutcome | null = null;
  #finishedMs: number | null = null;
  #startMs: number | null = null;

  constructor(fate: Fate, random: Random) {
    this.#fate = fate;
    this.#random = random;
    const count = fate.agents.length;
    this.#agents = fate.agents.map(() => null);
    this.#wires = fate.agents.map(() => null);
    this.#attempts = fate.agents.map(() => 0);
    this.#run = new FleetRun(
      { nowMs: () => this.#time.nowMs, wallNs: () => BigInt(Math.round((this.#time.nowMs + 1e6) * 1e6)) },
      {
        assignments: fate.agents.map((_, index) => assignmentOf(index, count)),
        stages: fate.stages,
        limits: fate.controllerLimits,
        minAgents: fate.minAgents,
      },
    );
  }

  run(): SimulatedRun {
    for (const atMs of this.#fate.interruptsAtMs) this.#time.at(atMs, () => this.#tell({ kind: "interrupt" }));
    const { controllerDiesAtMs } = this.#fate;
    if (controllerDiesAtMs !== null) this.#time.at(controllerDiesAtMs, () => this.#killController());
    this.#fate.agents.forEach(({ stopsAtMs, diesAtMs, garblesAtMs }, agent) => {
      if (stopsAtMs !== null) this.#time.at(stopsAtMs, () => this.#agents[agent]?.stop());
      if (diesAtMs !== null) this.#time.at(diesAtMs, () => this.#killAgent(agent));
      if (garblesAtMs !== null) this.#time.at(garblesAtMs, () => this.#tell({ kind: "garbled", agent, what: "0xff" }));
    });
    this.#do(this.#run.begin());
    const isQuiet = this.#time.runUntil(horizonMs);
    return {
      outcome: this.#outcome,
      finishedMs: this.#finishedMs,
      startMs: this.#startMs,
      links: this.#run.links,
      agents: this.#agents.map((one) => (one === null ? null : { ...one.truth, hasEnded: one.hasEnded })),
      effects: this.#effects,
      isQuiet,
    };
  }

  #tell(event: RunEvent): void {
    if (!this.#isControllerDead) this.#do(this.#run.handle(event));
  }

  #do(effects: readonly RunEffect[]): void {
    for (const effect of effects) {
      this.#effects.push({ ...effect, atMs: this.#time.nowMs });
      if (effect.kind === "connect") this.#connect(effect.agent, effect.attempt);
      else if (effect.kind === "send") this.#wires[effect.agent]?.toAgent(effect.message);
      else if (effect.kind === "disconnect") this.#wires[effect.agent]?.closeByController();
      else if (effect.kind === "finish") [this.#outcome, this.#finishedMs] = [effect.outcome, this.#time.nowMs];
    }
    if (this.#startMs === null && this.#run.startNs !== null)
      this.#startMs = Number(this.#run.startNs / 1000n) / 1000 - 1e6;
    this.#setAlarm();
  }

  /** An alarm that comes too early looks again: most deadlines are put off by the next message. */
  #setAlarm(): void {
    const { deadlineMs } = this.#run;
    if (deadlineMs === null || deadlineMs >= this.#alarmMs) return;
    this.#alarm?.cancel();
    this.#alarmMs = deadlineMs;
    this.#alarm = this.#time.at(deadlineMs, () => {
      this.#alarmMs = Number.POSITIVE_INFINITY;
      if ((this.#run.deadlineMs ?? Number.POSITIVE_INFINITY) <= this.#time.nowMs) this.#tell({ kind: "deadline" });
      else this.#setAlarm();
    });
  }

  #connect(agent: number, attempt: number): void {
    const fate = this.#fate.agents[agent];
    if (fate === undefined) return;
    this.#attempts[agent] = attempt;
    const wayMs = this.#random.whole(...fate.wayMs);
    const isRefused = attempt <= fate.refusals || (fate.diesAtMs !== null && this.#time.nowMs >= fate.diesAtMs);
    if (isRefused && fate.refusedBy === "silence") return;
    this.#time.after(wayMs, () => {
      const refusal = fate.refusedBy === "denial" ? "denied" : null;
      if (isRefused) this.#tell({ kind: "connect_failed", agent, attempt, why: "refused", refusal });
      else this.#accept(agent, attempt);
    });
  }

  #accept(agent: number, attempt: number): void {
    const fate = this.#fate.agents[agent];
    // Who has given the attempt up has left nobody to talk to.
    if (fate === undefined || this.#isControllerDead || this.#attempts[agent] !== attempt) return;
    const wire: SimulatedWire = new SimulatedWire(this.#time, this.#random, fate, {
      toAgent: (message: ControlMessage) => this.#agents[agent]?.hear(message),
      toController: (message: AgentMessage) => this.#tell({ kind: "message", agent, message }),
      lostByAgent: () => this.#agents[agent]?.loseController("the stream was closed"),
      lostByController: () => this.#tell({ kind: "lost", agent, why: "the stream was closed" }),
    });
    this.#wires[agent] = wire;
    const way = { send: (message: AgentMessage) => wire.toController(message), close: () => wire.closeByAgent() };
    this.#agents[agent] = new SimulatedAgent(this.#time, {
      fate,
      way,
      stages: this.#fate.stages,
      limits: this.#fate.agentLimits,
    });
    this.#tell({ kind: "connected", agent, attempt });
    if (this.#run.links[agent]?.isOpen !== true) wire.closeByController();
  }

  #killAgent(agent: number): void {
    this.#agents[agent]?.die();
    this.#wires[agent]?.closeByAgent();
  }

  #killController(): void {
    this.#isControllerDead = true;
    this.#alarm?.cancel();
    for (const wire of this.#wires) wire?.closeByController();
  }
}

/** A run from its beginning to its end, by the real machines on a clock and a network that are not real. */
export const simulateRun = (fate: Fate, random: Random): SimulatedRun => new Simulation(fate, random).run();
