import type { AgentEffect, AgentEvent, AgentState } from "../agent/index.ts";
import { AgentStream, hasEnded } from "../agent/index.ts";
import type { AgentLimits, AgentMessage, ControlMessage, RunStage } from "../model/index.ts";
import { noWork } from "../model/index.ts";
import type { AgentFate } from "./fate.ts";
import type { Planned, VirtualTime } from "./virtual-time.ts";

const nsPerMs = 1_000_000;

/** What one stream of an agent did, for the judge. */
export interface AgentTruth {
  readonly sent: AgentMessage[];
  /** When its workload began, by the true clock; of every stage. */
  beganMs: number | null;
  readonly stages: { readonly stage: number; readonly beganMs: number }[];
  /** When it was at the barrier before a stage. */
  readonly arrivals: { readonly stage: number; readonly atMs: number }[];
  /** Through all stages. */
  workedToTheEnd: boolean;
  /** States it came through, with the moments. */
  readonly states: { readonly state: AgentState; readonly atMs: number }[];
  /** What is under way: it must be nothing once the stream has ended. */
  underWay: boolean;
  isDead: boolean;
}

/** The way to the controller. */
export interface AgentWire {
  send(message: AgentMessage): void;
  close(): void;
}

interface AgentParts {
  readonly fate: AgentFate;
  readonly way: AgentWire;
  readonly stages: readonly RunStage[];
  readonly limits: AgentLimits;
}

/** One stream of a simulated agent: the real machine, and work that only takes time. */
export class SimulatedAgent {
  readonly truth: AgentTruth = {
    sent: [],
    beganMs: null,
    stages: [],
    arrivals: [],
    workedToTheEnd: false,
    states: [],
    underWay: false,
    isDead: false,
  };
  readonly #time: VirtualTime;
  readonly #fate: AgentFate;
  readonly #wire: AgentWire;
  readonly #stages: readonly RunStage[];
  readonly #stream: AgentStream;
  /** The stage that is under way, or is next. */
  #stage = 0;
  #work: Planned | null = null;
  #alarm: Planned | null = null;
  #alarmMs: number | null = null;

  constructor(time: VirtualTime, { fate, way, stages, limits }: AgentParts) {
    this.#time = time;
    this.#fate = fate;
    this.#wire = way;
    this.#stages = stages;
    const world = {
      nowMs: () => time.nowMs,
      wallNs: () => this.#wallNs(time.nowMs),
      report: () => ({ totals: noWork.totals, intervals: [] }),
    };
    this.#stream = new AgentStream(world, limits);
    this.#setAlarm();
  }

  get hasEnded(): boolean {
    return hasEnded(this.#stream);
  }

  hear(message: ControlMessage): void {
    this.#tell({ kind: "message", message, problem: this.#fate.rejects ? "it does not parse" : null });
  }

  loseController(why: string): void {
    this.#tell({ kind: "lost", why });
  }

  /** Its host ends it, as its controller would. */
  stop(): void {
    this.#tell({ kind: "message", message: { kind: "abort", reason: "the agent ends" }, problem: null });
  }

  die(): void {
    this.truth.isDead = true;
    this.truth.underWay = false;
    this.#work?.cancel();
    this.#alarm?.cancel();
  }

  get #isStopped(): boolean {
    const { hangsAtMs } = this.#fate;
    return this.truth.isDead || (hangsAtMs !== null && this.#time.nowMs >= hangsAtMs);
  }

  #wallNs(atMs: number): bigint {
    return BigInt(Math.round((atMs + this.#fate.clockAheadMs + 1e6) * nsPerMs));
  }

  #tell(event: AgentEvent): void {
    if (this.#isStopped) return;
    for (const effect of this.#stream.handle(event)) this.#do(effect);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { deadlineMs } = this.#stream;
    if (deadlineMs === this.#alarmMs) return;
    this.#alarm?.cancel();
    this.#alarmMs = deadlineMs;
    this.#alarm =
      deadlineMs === null
        ? null
        : this.#time.at(deadlineMs, () => {
            this.#alarmMs = null;
            this.#tell({ kind: "deadline" });
          });
  }

  #do(effect: AgentEffect): void {
    if (effect.kind === "send") {
      this.truth.sent.push(effect.message);
      if (effect.message.kind === "arrived")
        this.truth.arrivals.push({ stage: effect.message.stage, atMs: this.#time.nowMs });
      this.#wire.send(effect.message);
    } else if (effect.kind === "went") this.truth.states.push({ state: effect.to, atMs: this.#time.nowMs });
    else if (effect.kind === "close") this.#wire.close();
    else if (effect.kind === "cancel") this.#stopWork();
    else if (effect.kind === "prepare") this.#startWork(this.#fate.prepareMs, () => this.#prepared());
    else if (effect.kind === "prepare_stage") {
      this.#stage = effect.stage;
      const isFree = this.#stages[effect.stage]?.barrier === false;
      this.#startWork(this.#fate.later[effect.stage - 1]?.prepareMs ?? 0, () =>
        this.#tell({ kind: isFree ? "passed" : "prepared" }),
      );
    } else if (effect.kind === "begin") {
      const waitMs = Number(effect.atNs - this.#wallNs(this.#time.nowMs)) / nsPerMs;
      this.#startWork(Math.max(0, waitMs), () => this.#begin());
    }
  }

  #startWork(forMs: number, then: () => void): void {
    this.truth.underWay = true;
    this.#work = this.#time.after(forMs, () => {
      this.truth.underWay = false;
      then();
    });
  }

  #stopWork(): void {
    this.#work?.cancel();
    this.truth.underWay = false;
  }

  #prepared(): void {
    this.#tell(this.#fate.prepareFails ? { kind: "prepare_failed", why: "no space" } : { kind: "prepared" });
  }

  #begin(): void {
    if (this.#isStopped) return;
    const beganMs = this.#time.nowMs;
    this.truth.beganMs ??= beganMs;
    this.truth.stages.push({ stage: this.#stage, beganMs });
    const workMs = this.#stage === 0 ? this.#fate.workMs : (this.#fate.later[this.#stage - 1]?.workMs ?? 0);
    this.#startWork(workMs, () => this.#end());
    this.#tell({ kind: "began", atNs: this.#wallNs(this.#time.nowMs) });
  }

  #end(): void {
    if (this.#isStopped) return;
    if (this.#stage + 1 < this.#stages.length) return this.#tell({ kind: "stage_done", ...noWork, result: "" });
    this.truth.workedToTheEnd = !this.#fate.workFails;
    return this.#tell(
      this.#fate.workFails ? { kind: "failed", why: "an error", result: "" } : { kind: "done", ...noWork, result: "" },
    );
  }
}
