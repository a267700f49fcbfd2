import { quote } from "../../report/index.ts";
import type { Assignment, ControllerLimits, FleetOutcome, RunStage, WallNs } from "../model/index.ts";
import { weightiest } from "../model/index.ts";
import type { RunWorld } from "./agent-link.ts";
import { AgentLink } from "./agent-link.ts";
import { Census } from "./census.ts";
import type { FailureCause } from "./failure.ts";
import { outcomeBeforeStart } from "./failure.ts";
import type { Link } from "./link.ts";
import { isOver, newLink } from "./link.ts";
import type { RunEffect, RunEvent, RunPhase } from "./run-event.ts";
import { RunOutput } from "./run-output.ts";

export interface FleetRunOptions {
  /** At least one; their indexes are their places. */
  readonly assignments: readonly Assignment[];
  /** What all agents go through, at least one. */
  readonly stages: readonly RunStage[];
  readonly limits: ControllerLimits;
  /** With fewer agents alive or completed, a run that has begun is ended for all. */
  readonly minAgents: number;
}

const msToNs = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

/**
 * A fleet run as a machine without any I/O: events go in, what is to be done comes out. Until the common start the failure
 * of one agent ends the run for all; from then on the others go on. At a barrier all that are left wait for each other, as
 * long as the limit is, and begin at one moment. It always comes to an end, with one outcome.
 */
export class FleetRun {
  readonly #world: RunWorld;
  readonly #limits: ControllerLimits;
  readonly #stages: readonly RunStage[];
  readonly #minAgents: number;
  readonly #agents: readonly AgentLink[];
  readonly #output = new RunOutput();
  readonly #census: Census;
  readonly #notes: FleetOutcome[] = [];
  #phase: RunPhase = "connecting";
  #startNs: WallNs | null = null;
  #stageStartNs: WallNs | null = null;
  /** When the barrier that an agent waits at has lasted too long. */
  #barrierLimitMs: number | null = null;
  /** Who was not at that barrier in time. */
  #missing: string[] = [];
  #endingLimitMs: number | null = null;
  /** No agent is to be looked at earlier. Messages put most moments off, so it is looked for again when it has come. */
  #earliestMs = Number.POSITIVE_INFINITY;
  #isInterrupted = false;
  /** Whether the event that is taken in has led to another phase, and perhaps back. */
  #hasMoved = false;

  constructor(world: RunWorld, { assignments, stages, limits, minAgents }: FleetRunOptions) {
    this.#world = world;
    this.#limits = limits;
    this.#stages = stages;
    this.#minAgents = minAgents;
    this.#census = new Census(assignments.length);
    const owner = {
      failed: (link: Link, cause: FailureCause, message: string) => this.#failed(link, cause, message),
      waitedForOthers: (link: Link) => this.#giveUpLate(link),
    };
    this.#agents = assignments.map((assignment) => {
      const link = newLink(assignment, world.nowMs());
      return new AgentLink({ link, world, limits, stages, output: this.#output, census: this.#census, owner });
    });
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** What is known of the agents, by their numbers. */
  get links(): readonly Readonly<Link>[] {
    return this.#agents.map(({ link }) => link);
  }

  /** The common start by the controller's clock; null: there was none yet. */
  get startNs(): WallNs | null {
    return this.#startNs;
  }

  /** The last common start of a stage; null: there was none yet. */
  get stageStartNs(): WallNs | null {
    return this.#stageStartNs;
  }

  /** The stage, from 0, that the last of those that go on is in. */
  get stage(): number {
    const living = this.#living();
    return (living.length > 0 ? living : this.#agents).reduce(
      (least, { link }) => Math.min(least, link.stage),
      this.#stages.length - 1,
    );
  }

  /** When `deadline` is to be told, monotonic; null: never. It may be early, and earlier does no harm. */
  get deadlineMs(): number | null {
    if (this.#phase === "ended") return null;
    const limits = [this.#endingLimitMs, this.#barrierLimitMs].map((atMs) => atMs ?? Number.POSITIVE_INFINITY);
    const leastMs = Math.min(this.#earliestMs, ...limits);
    return leastMs === Number.POSITIVE_INFINITY ? null : leastMs;
  }

  /** Begins: all agents are called at once. */
  begin(): readonly RunEffect[] {
    for (const agent of this.#agents) agent.connect();
    this.#findEarliest();
    return this.#output.take();
  }

  /** Takes an event in. Nothing is done after the end. */
  handle(event: RunEvent): readonly RunEffect[] {
    if (this.#phase === "ended") return [];
    this.#hasMoved = false;
    if (event.kind === "interrupt") this.#interrupt();
    else if (event.kind === "deadline") this.#expire();
    else this.#tell(event);
    this.#settle();
    const isAboutAll = event.kind === "interrupt" || event.kind === "deadline" || this.#hasMoved;
    if (isAboutAll) this.#findEarliest();
    else this.#noteDue(this.#agents[event.agent]);
    return this.#output.take();
  }

  #findEarliest(): void {
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const agent of this.#agents) this.#noteDue(agent);
  }

  #noteDue(agent: AgentLink | undefined): void {
    const dueMs = agent?.dueMs ?? null;
    if (dueMs !== null) this.#earliestMs = Math.min(this.#earliestMs, dueMs);
  }

  #tell(event: Exclude<RunEvent, { kind: "interrupt" | "deadline" }>): void {
    const agent = this.#agents[event.agent];
    if (agent === undefined || isOver(agent.link)) return;
    if (event.kind === "message") agent.read(event.message);
    else if (event.kind === "garbled") this.#output.warn(agent.link, `what came is no message: ${event.what}`);
    else if (event.kind === "lost") agent.lost(event.why);
    else agent.connected(event.attempt, event.kind === "connected" ? null : event);
  }

  #enterPhase(to: RunPhase, why: string): void {
    this.#output.add({ kind: "phase", from: this.#phase, to, why });
    [this.#phase, this.#hasMoved] = [to, true];
  }

  /** Before the start what happens to one ends it for all; several at once are weighed against each other. */
  #failed(link: Link, cause: FailureCause, message: string): void {
    if (this.#startNs !== null) return;
    this.#abortAll(outcomeBeforeStart[cause], `${link.assignment.agentId} failed before the start: ${message}`);
  }

  #giveUpLate(ready: Link): void {
    const { readyMs } = this.#limits;
    for (const agent of this.#agents)
      if (agent.link.state === "config_sent" || agent.link.state === "connecting")
        agent.fail("not_ready_in_time", `it was not ready ${readyMs} ms after ${ready.assignment.agentId}`);
  }

  #abortAll(outcome: FleetOutcome, why: string): void {
    this.#notes.push(outcome);
    if (this.#phase === "ending") return;
    this.#enterPhase("ending", why);
    this.#endingLimitMs = this.#world.nowMs() + this.#limits.abortMs;
    for (const agent of this.#agents) if (!isOver(agent.link)) agent.endWithRun(why);
  }

  #interrupt(): void {
    if (this.#isInterrupted) return this.#finish();
    this.#isInterrupted = true;
    return this.#abortAll("aborted", "the user has ended it");
  }

  #expire(): void {
    if (this.#endingLimitMs !== null && this.#world.nowMs() >= this.#endingLimitMs) return this.#finish();
    for (const agent of this.#agents) agent.expire();
    if (this.#barrierLimitMs !== null && this.#world.nowMs() >= this.#barrierLimitMs) this.#giveUpMissing();
    return undefined;
  }

  #living(): readonly AgentLink[] {
    return this.#agents.filter(({ link }) => !isOver(link));
  }

  /** The barrier has lasted too long: who is not there has failed, and the others go on. */
  #giveUpMissing(): void {
    this.#barrierLimitMs = null;
    const there = this.#living().find(({ link }) => link.state === "arrived");
    if (there === undefined) return;
    const before = quote(this.#stages[there.link.stage]?.name ?? "");
    for (const agent of this.#living()) {
      if (agent.link.state === "arrived") continue;
      this.#missing.push(agent.link.assignment.agentId);
      agent.fail(
        "missed_barrier",
        `it was not at the barrier before the stage ${before} ${this.#limits.barrierMs} ms after the first`,
      );
    }
  }

  /** Goes on to the next phase when all that it waits for has come. */
  #settle(): void {
    if (this.#phase === "ended") return undefined;
    const census = this.#census;
    if (this.#phase === "connecting" && census.of("connecting") === 0)
      this.#enterPhase("preparing", "all agents are connected");
    if (this.#phase === "preparing" && census.of("ready") === this.#agents.length) {
      this.#enterPhase("coordinating", "all agents are ready");
      for (const agent of this.#agents) agent.probeClock();
    }
    if (this.#phase === "running" && this.#stages.length > 1) this.#judgeBarrier();
    if (this.#startNs !== null && this.#phase !== "ending") this.#judgeNumbers();
    if ((this.#startNs !== null || this.#phase === "ending") && census.living === 0) return this.#finish();
    if (this.#phase === "coordinating" && this.#living().every(({ link }) => link.probesLeft === 0)) this.#start();
    return undefined;
  }

  /** From the first that waits there on its time runs; when all that are left do, their clocks are looked at again. */
  #judgeBarrier(): void {
    const arrived = this.#census.of("arrived");
    const { barrierMs } = this.#limits;
    if (arrived === 0) this.#barrierLimitMs = null;
    else if (arrived < this.#census.living) {
      if (this.#barrierLimitMs === null && barrierMs !== null) this.#barrierLimitMs = this.#world.nowMs() + barrierMs;
    } else {
      const living = this.#living();
      const name = quote(this.#stages[living[0]?.link.stage ?? 0]?.name ?? "");
      const without = this.#missing.length === 0 ? "" : `, without ${this.#missing.join(", ")}`;
      this.#enterPhase("coordinating", `all that are left are at the barrier before the stage ${name}${without}`);
      [this.#barrierLimitMs, this.#missing] = [null, []];
      for (const agent of living) agent.probeClock();
    }
  }

  #start(): void {
    const { startDelayMs } = this.#limits;
    const startNs = this.#world.wallNs() + msToNs(startDelayMs);
    this.#startNs ??= startNs;
    this.#stageStartNs = startNs;
    this.#enterPhase("running", `the start is in ${startDelayMs} ms`);
    for (const agent of this.#living()) agent.start(startNs);
  }

  #judgeNumbers(): void {
    const left = this.#agents.length - this.#census.of("failed") - this.#census.of("aborted");
    if (left > 0 && left < this.#minAgents)
      this.#abortAll("failed", `${left} agents are left, of ${this.#minAgents} that there must be at least`);
  }

  #finish(): void {
    for (const agent of this.#agents) if (!isOver(agent.link)) agent.leave("it had not ended when the run did");
    const completed = this.#census.of("completed");
    const byNumber = completed === this.#agents.length ? "completed" : completed === 0 ? "failed" : "partial";
    const outcome = this.#notes.length > 0 ? weightiest(this.#notes) : byNumber;
    this.#enterPhase("ended", outcome);
    [this.#endingLimitMs, this.#barrierLimitMs] = [null, null];
    this.#output.add({ kind: "finish", outcome });
  }
}
