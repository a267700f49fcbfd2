import type { Assignment, ControllerLimits, FleetOutcome, WallNs } from "../model/index.ts";
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
  readonly limits: ControllerLimits;
  /** With fewer agents alive or completed, a run that has begun is ended for all. */
  readonly minAgents: number;
}

const msToNs = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

/**
 * A fleet run as a machine without any I/O: events go in, what is to be done comes out. Until the common start the failure
 * of one agent ends the run for all; from then on the others go on. It always comes to an end, with one outcome.
 */
export class FleetRun {
  readonly #world: RunWorld;
  readonly #limits: ControllerLimits;
  readonly #minAgents: number;
  readonly #agents: readonly AgentLink[];
  readonly #output = new RunOutput();
  readonly #census: Census;
  readonly #notes: FleetOutcome[] = [];
  #phase: RunPhase = "connecting";
  #startNs: WallNs | null = null;
  #endingLimitMs: number | null = null;
  /** No agent is to be looked at earlier. Messages put most moments off, so it is looked for again when it has come. */
  #earliestMs = Number.POSITIVE_INFINITY;
  #isInterrupted = false;

  constructor(world: RunWorld, { assignments, limits, minAgents }: FleetRunOptions) {
    this.#world = world;
    this.#limits = limits;
    this.#minAgents = minAgents;
    this.#census = new Census(assignments.length);
    const owner = {
      failed: (link: Link, cause: FailureCause, message: string) => this.#failed(link, cause, message),
      waitedForOthers: (link: Link) => this.#giveUpLate(link),
    };
    this.#agents = assignments.map((assignment) => {
      const link = newLink(assignment, world.nowMs());
      return new AgentLink({ link, world, limits, output: this.#output, census: this.#census, owner });
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

  /** When `deadline` is to be told, monotonic; null: never. It may be early, and earlier does no harm. */
  get deadlineMs(): number | null {
    if (this.#phase === "ended") return null;
    const leastMs = Math.min(this.#earliestMs, this.#endingLimitMs ?? Number.POSITIVE_INFINITY);
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
    const phase = this.#phase;
    if (event.kind === "interrupt") this.#interrupt();
    else if (event.kind === "deadline") this.#expire();
    else this.#tell(event);
    this.#settle();
    const isAboutAll = event.kind === "interrupt" || event.kind === "deadline" || this.#phase !== phase;
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
    else agent.connected(event.attempt, event.kind === "connected" ? null : event.why);
  }

  #enterPhase(to: RunPhase, why: string): void {
    this.#output.add({ kind: "phase", from: this.#phase, to, why });
    this.#phase = to;
  }

  /** Before the start what happens to one ends it for all; several at once are weighed against each other. */
  #failed(link: Link, cause: FailureCause, message: string): void {
    if (this.#startNs !== null || cause === "aborted") return;
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
    for (const agent of this.#agents) {
      if (isOver(agent.link)) continue;
      if (agent.link.isOpen) this.#output.send(agent.link, { kind: "abort", reason: why });
      else agent.fail("aborted", why, { isGone: true });
    }
  }

  #interrupt(): void {
    if (this.#isInterrupted) return this.#finish();
    this.#isInterrupted = true;
    return this.#abortAll("aborted", "the user has ended it");
  }

  #expire(): void {
    if (this.#endingLimitMs !== null && this.#world.nowMs() >= this.#endingLimitMs) return this.#finish();
    for (const agent of this.#agents) agent.expire();
    return undefined;
  }

  /** Goes on to the next phase when all that it waits for has come. */
  #settle(): void {
    const total = this.#agents.length;
    const isOverForAll = (): boolean => this.#census.of("completed") + this.#census.of("failed") === total;
    if (this.#phase === "connecting" && this.#census.of("connecting") === 0)
      this.#enterPhase("preparing", "all agents are connected");
    if (this.#phase === "preparing" && this.#census.of("ready") === total) {
      this.#enterPhase("coordinating", "all agents are ready");
      for (const agent of this.#agents) agent.probeClock();
    }
    if (this.#phase === "coordinating" && this.#agents.every(({ link }) => link.probesLeft === 0)) this.#start();
    if (this.#phase === "running") this.#judgeNumbers();
    if ((this.#phase === "running" || this.#phase === "ending") && isOverForAll()) this.#finish();
  }

  #start(): void {
    const { startDelayMs } = this.#limits;
    this.#startNs = this.#world.wallNs() + msToNs(startDelayMs);
    this.#enterPhase("running", `the start is in ${startDelayMs} ms`);
    for (const agent of this.#agents) agent.start(this.#startNs);
  }

  #judgeNumbers(): void {
    const left = this.#agents.length - this.#census.of("failed");
    if (left > 0 && left < this.#minAgents)
      this.#abortAll("failed", `${left} agents are left, of ${this.#minAgents} that there must be at least`);
  }

  #finish(): void {
    for (const agent of this.#agents)
      if (!isOver(agent.link)) agent.fail("aborted", "it had not ended when the run did");
    const completed = this.#census.of("completed");
    const byNumber = completed === this.#agents.length ? "completed" : completed === 0 ? "failed" : "partial";
    const outcome = this.#notes.length > 0 ? weightiest(this.#notes) : byNumber;
    this.#enterPhase("ended", outcome);
    this.#endingLimitMs = null;
    this.#output.add({ kind: "finish", outcome });
  }
}
