import type {
  AgentFailure,
  AgentMessage,
  Assignment,
  ControllerLimits,
  ControlMessage,
  FleetOutcome,
  WallNs,
} from "../model/index.ts";
import { weightiest } from "../model/index.ts";
import { estimateClock } from "./clock-estimate.ts";
import { expectations } from "./expectations.ts";
import type { FailureCause } from "./failure.ts";
import { outcomeBeforeStart } from "./failure.ts";
import type { Link, LinkState } from "./link.ts";
import { isOver, newLink } from "./link.ts";
import type { Due } from "./liveness.ts";
import { nextDue } from "./liveness.ts";
import type { RunEffect, RunEvent, RunPhase } from "./run-event.ts";

/** What a run asks of the world. */
export interface RunWorld {
  /** Monotonic, in milliseconds. */
  nowMs(): number;
  wallNs(): WallNs;
}

export interface FleetRunOptions {
  /** At least one. */
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
  readonly #links: readonly Link[];
  readonly #notes: FleetOutcome[] = [];
  #phase: RunPhase = "connecting";
  #effects: RunEffect[] = [];
  #pings = 0;
  #startNs: WallNs | null = null;
  #endingLimitMs: number | null = null;
  #isInterrupted = false;

  constructor(world: RunWorld, { assignments, limits, minAgents }: FleetRunOptions) {
    this.#world = world;
    this.#limits = limits;
    this.#minAgents = minAgents;
    this.#links = assignments.map((assignment) => newLink(assignment, world.nowMs()));
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** What is known of the agents, by their numbers. */
  get links(): readonly Readonly<Link>[] {
    return this.#links;
  }

  /** The common start by the controller's clock; null: there was none yet. */
  get startNs(): WallNs | null {
    return this.#startNs;
  }

  /** When `deadline` is to be told, monotonic; null: never. */
  get deadlineMs(): number | null {
    if (this.#phase === "ended") return null;
    let leastMs = this.#endingLimitMs ?? Number.POSITIVE_INFINITY;
    for (const link of this.#links) leastMs = Math.min(leastMs, nextDue(link, this.#limits)?.atMs ?? leastMs);
    return leastMs === Number.POSITIVE_INFINITY ? null : leastMs;
  }

  /** Begins: all agents are called at once. */
  begin(): readonly RunEffect[] {
    this.#effects = [];
    for (const link of this.#links) this.#connect(link);
    return this.#effects;
  }

  /** Takes an event in. Nothing is done after the end. */
  handle(event: RunEvent): readonly RunEffect[] {
    this.#effects = [];
    if (this.#phase === "ended") return this.#effects;
    if (event.kind === "interrupt") this.#interrupt();
    else if (event.kind === "deadline") this.#expire();
    else {
      const link = this.#links[event.agent];
      if (link !== undefined && !isOver(link)) this.#takeOf(link, event);
    }
    this.#settle();
    return this.#effects;
  }

  #takeOf(link: Link, event: Exclude<RunEvent, { kind: "interrupt" | "deadline" }>): void {
    if (event.kind === "message") this.#read(link, event.message);
    else if (event.kind === "garbled") this.#warn(link, `what came is no message: ${event.what}`);
    else if (event.kind === "lost") {
      if (link.isOpen) this.#fail(link, "lost", event.why, { isGone: true });
    } else if (event.attempt !== link.attempts || link.isOpen || link.retryAtMs !== null) return;
    else if (event.kind === "connected") this.#assign(link);
    else this.#retry(link, event.why);
  }

  #warn(link: Link | null, text: string): void {
    this.#effects.push({ kind: "warn", agent: link?.assignment.index ?? null, text });
  }

  #send(link: Link, message: ControlMessage): void {
    this.#effects.push({ kind: "send", agent: link.assignment.index, message });
  }

  #go(link: Link, to: LinkState, why: string, limitMs: number | null): void {
    this.#effects.push({ kind: "went", agent: link.assignment.index, from: link.state, to, why });
    link.state = to;
    link.limitMs = limitMs === null ? null : this.#world.nowMs() + limitMs;
  }

  #enterPhase(to: RunPhase, why: string): void {
    this.#effects.push({ kind: "phase", from: this.#phase, to, why });
    this.#phase = to;
  }

  #connect(link: Link): void {
    link.attempts += 1;
    link.retryAtMs = null;
    link.limitMs = this.#world.nowMs() + this.#limits.connectMs;
    this.#effects.push({ kind: "connect", agent: link.assignment.index, attempt: link.attempts });
  }

  #retry(link: Link, why: string): void {
    const pauseMs = this.#limits.retryMs[link.attempts - 1];
    if (pauseMs === undefined) {
      this.#fail(link, "unreachable", `${why}, at the last of ${link.attempts} attempts`, { isGone: true });
      return;
    }
    this.#warn(link, `attempt ${link.attempts} to connect failed: ${why}; the next is in ${pauseMs} ms`);
    link.limitMs = null;
    link.retryAtMs = this.#world.nowMs() + pauseMs;
  }

  #assign(link: Link): void {
    link.isOpen = true;
    link.heardMs = this.#world.nowMs();
    this.#go(link, "config_sent", "it is connected", this.#limits.prepareMs);
    this.#send(link, { kind: "start", assignment: link.assignment });
  }

  #read(link: Link, message: AgentMessage): void {
    const nowMs = this.#world.nowMs();
    const gap = message.sequence - link.sequence - 1;
    if (gap < 0) return this.#warn(link, `message ${message.sequence} came after ${link.sequence}`);
    link.missed += gap;
    link.sequence = message.sequence;
    [link.heardMs, link.pingedMs, link.unanswered] = [nowMs, null, 0];
    const reading = expectations[link.state][message.kind];
    if (reading === "ignore") this.#warn(link, `${message.kind} is ignored: it is ${link.state}`);
    else if (reading === "illegal")
      this.#fail(link, "protocol", `${message.kind} is not expected while it is ${link.state}`);
    else if (reading === "take") this.#go(link, "ready", "it has prepared", this.#limits.readyMs);
    else if (message.kind === "pong") this.#hearPong(link, message);
    else if (message.kind === "running") this.#count(link, message);
    else if (reading === "end") this.#hearEnd(link, message);
    return undefined;
  }

  #count(link: Link, { totals, actualStartNs }: Extract<AgentMessage, { kind: "running" | "completed" }>): void {
    [link.totals, link.actualStartNs, link.reportedMs] = [totals, actualStartNs, this.#world.nowMs()];
    if (link.state === "start_sent") this.#go(link, "collecting", "its workload runs", null);
  }

  #hearPong(link: Link, { id, receivedNs, sentNs }: Extract<AgentMessage, { kind: "pong" }>): void {
    const askedNs = link.asked.get(id);
    link.asked.delete(id);
    if (askedNs === undefined) return this.#warn(link, `ping ${id} was never sent, or is answered twice`);
    link.samples.push({
      sentNs: askedNs,
      arrivedNs: this.#world.wallNs(),
      agentReceivedNs: receivedNs,
      agentSentNs: sentNs,
    });
    if (link.probesLeft === 0) return undefined;
    link.probesLeft -= 1;
    if (link.probesLeft > 0) this.#ping(link);
    else link.clock = estimateClock(link.samples.slice(-this.#limits.clockProbes));
    return undefined;
  }

  #hearEnd(link: Link, message: AgentMessage): void {
    this.#send(link, { kind: "acknowledge", sequence: message.sequence });
    if (message.kind === "completed") {
      this.#count(link, message);
      this.#go(link, "completed", "its workload has ended", null);
      this.#disconnect(link);
    } else if (message.kind === "error") this.#fail(link, message.cause, message.message, { isGone: true });
    else if (message.kind === "aborted") this.#fail(link, "aborted", message.reason, { isGone: true });
  }

  #ping(link: Link): void {
    this.#pings += 1;
    const sentNs = this.#world.wallNs();
    [link.pingedMs, link.unanswered] = [this.#world.nowMs(), link.unanswered + 1];
    link.asked.set(this.#pings, sentNs);
    this.#send(link, { kind: "ping", id: this.#pings, sentNs });
  }

  #disconnect(link: Link): void {
    link.isOpen = false;
    link.retryAtMs = null;
    this.#effects.push({ kind: "disconnect", agent: link.assignment.index });
  }

  /** `isGone`: it needs no abort, because it has ended by itself or cannot hear. */
  #fail(link: Link, cause: FailureCause | AgentFailure, message: string, { isGone = false } = {}): void {
    link.failure = { cause, message, during: link.state };
    if (link.isOpen && !isGone) this.#send(link, { kind: "abort", reason: message });
    this.#go(link, "failed", message, null);
    this.#disconnect(link);
    if (this.#startNs !== null || cause === "aborted") return;
    this.#abortAll(outcomeBeforeStart[cause], `${link.assignment.agentId} failed before the start: ${message}`);
  }

  #abortAll(outcome: FleetOutcome, why: string): void {
    this.#notes.push(outcome);
    if (this.#phase === "ending") return;
    this.#enterPhase("ending", why);
    this.#endingLimitMs = this.#world.nowMs() + this.#limits.abortMs;
    for (const link of this.#links) {
      if (isOver(link)) continue;
      if (link.isOpen) this.#send(link, { kind: "abort", reason: why });
      else this.#fail(link, "aborted", why, { isGone: true });
    }
  }

  #interrupt(): void {
    if (this.#isInterrupted) return this.#finish();
    this.#isInterrupted = true;
    return this.#abortAll("aborted", "the user has ended it");
  }

  #expire(): void {
    const nowMs = this.#world.nowMs();
    if (this.#endingLimitMs !== null && nowMs >= this.#endingLimitMs) return this.#finish();
    for (const link of this.#links) {
      const due = nextDue(link, this.#limits);
      if (due !== null && due.atMs <= nowMs) this.#overdue(link, due.what);
    }
    return undefined;
  }

  #overdue(link: Link, what: Due["what"]): void {
    const { pings, pingMs, noReportMs } = this.#limits;
    if (what === "retry") this.#connect(link);
    else if (what === "ping") this.#ping(link);
    else if (what === "silent") this.#fail(link, "silent", `it did not answer ${pings} pings within ${pingMs} ms each`);
    else if (what === "no_reports") this.#fail(link, "no_reports", `it has not reported for ${noReportMs} ms`);
    else this.#limitReached(link);
  }

  #limitReached(link: Link): void {
    const { connectMs, prepareMs, readyMs, firstReportMs } = this.#limits;
    link.limitMs = null;
    if (link.state === "connecting") {
      this.#effects.push({ kind: "disconnect", agent: link.assignment.index });
      this.#retry(link, `no answer within ${connectMs} ms`);
    } else if (link.state === "config_sent")
      this.#fail(link, "not_ready_in_time", `it was not ready within ${prepareMs} ms`);
    else if (link.state === "start_sent")
      this.#fail(link, "not_begun_in_time", `it had not begun ${firstReportMs} ms after the start`);
    else if (link.state === "ready")
      for (const other of this.#links.filter(({ state }) => state === "config_sent" || state === "connecting"))
        this.#fail(other, "not_ready_in_time", `it was not ready ${readyMs} ms after ${link.assignment.agentId}`);
  }

  /** Goes on to the next phase when all that it waits for has come. */
  #settle(): void {
    const all = (...states: readonly LinkState[]): boolean => this.#links.every(({ state }) => states.includes(state));
    if (this.#phase === "connecting" && !this.#links.some(({ state }) => state === "connecting"))
      this.#enterPhase("preparing", "all agents are connected");
    if (this.#phase === "preparing" && all("ready")) this.#probeClocks();
    if (this.#phase === "coordinating" && this.#links.every(({ probesLeft }) => probesLeft === 0)) this.#start();
    if (this.#phase === "running") this.#judgeNumbers();
    if ((this.#phase === "running" || this.#phase === "ending") && this.#links.every(isOver)) this.#finish();
  }

  #probeClocks(): void {
    this.#enterPhase("coordinating", "all agents are ready");
    for (const link of this.#links) {
      link.limitMs = null;
      link.probesLeft = this.#limits.clockProbes;
      if (link.probesLeft > 0) this.#ping(link);
    }
  }

  #start(): void {
    const { startDelayMs, firstReportMs } = this.#limits;
    const startNs = this.#world.wallNs() + msToNs(startDelayMs);
    this.#startNs = startNs;
    this.#enterPhase("running", `the start is in ${startDelayMs} ms`);
    for (const link of this.#links) {
      link.reportedMs = this.#world.nowMs() + startDelayMs;
      this.#go(link, "start_sent", "all agents are ready", startDelayMs + firstReportMs);
      this.#send(link, { kind: "go", startNs, localStartNs: startNs + (link.clock?.offsetNs ?? 0n) });
    }
  }

  #judgeNumbers(): void {
    const left = this.#links.filter(({ state }) => state !== "failed").length;
    if (left > 0 && left < this.#minAgents)
      this.#abortAll("failed", `${left} agents are left, of ${this.#minAgents} that there must be at least`);
  }

  #finish(): void {
    for (const link of this.#links)
      if (!isOver(link)) this.#fail(link, "aborted", "it had not ended when the run did", { isGone: false });
    const completed = this.#links.filter(({ state }) => state === "completed").length;
    const byNumber = completed === this.#links.length ? "completed" : completed === 0 ? "failed" : "partial";
    const outcome = this.#notes.length > 0 ? weightiest(this.#notes) : byNumber;
    this.#enterPhase("ended", outcome);
    this.#endingLimitMs = null;
    this.#effects.push({ kind: "finish", outcome });
  }
}
