import { quote } from "../../report/index.ts";
import type { AgentMessage, ControllerLimits, RunStage, WallNs } from "../model/index.ts";
import type { Census } from "./census.ts";
import { clockOddities, estimateClock } from "./clock-estimate.ts";
import { expectations } from "./expectations.ts";
import type { FailureCause } from "./failure.ts";
import type { Link, LinkState } from "./link.ts";
import { nextDue } from "./liveness.ts";
import type { ConnectEnd, WorkMessage } from "./run-event.ts";
import type { RunOutput } from "./run-output.ts";

/** What a run asks of the world. */
export interface RunWorld {
  /** Monotonic, in milliseconds. */
  nowMs(): number;
  wallNs(): WallNs;
}

/** What a link tells the run it belongs to. */
export interface LinkOwner {
  failed(link: Link, cause: FailureCause, message: string): void;
  /** It has been ready for as long as it may wait for the others. */
  waitedForOthers(link: Link): void;
}

interface Parts {
  readonly link: Link;
  readonly world: RunWorld;
  readonly limits: ControllerLimits;
  /** What all agents go through, at least one. */
  readonly stages: readonly RunStage[];
  readonly output: RunOutput;
  readonly census: Census;
  readonly owner: LinkOwner;
}

/** The controller's dealings with one agent; what they mean for the others is the run's business. */
export class AgentLink {
  readonly link: Link;
  readonly #world: RunWorld;
  readonly #limits: ControllerLimits;
  readonly #stages: readonly RunStage[];
  readonly #output: RunOutput;
  readonly #census: Census;
  readonly #owner: LinkOwner;
  #pings = 0n;

  constructor({ link, world, limits, stages, output, census, owner }: Parts) {
    this.link = link;
    this.#world = world;
    this.#limits = limits;
    this.#stages = stages;
    this.#output = output;
    this.#census = census;
    this.#owner = owner;
  }

  connect(): void {
    const { link } = this;
    link.attempts += 1;
    link.retryAtMs = null;
    link.limitMs = this.#world.nowMs() + this.#limits.connectMs;
    this.#output.add({ kind: "connect", agent: link.assignment.index, attempt: link.attempts });
  }

  /** An attempt to connect has come to its end; an answer to one that was given up does not count. */
  connected(attempt: number, problem: ConnectEnd | null): void {
    const { link } = this;
    if (attempt !== link.attempts || link.isOpen || link.retryAtMs !== null) return;
    if (problem !== null) return this.#giveUpOrRetry(problem);
    link.isOpen = true;
    link.heardMs = this.#world.nowMs();
    this.#go("config_sent", "it is connected", this.#limits.prepareMs);
    this.#output.send(link, { kind: "start", assignment: link.assignment });
    return undefined;
  }

  lost(why: string): void {
    if (this.link.isOpen) this.fail("lost", why, { isGone: true });
  }

  /** Takes a message in. Any that came proves that the agent lives. */
  read(message: AgentMessage): void {
    const { link } = this;
    const gap = message.sequence - link.sequence - 1n;
    if (gap < 0n) return this.#output.warn(link, `message ${message.sequence} came after ${link.sequence}`);
    link.missed += gap;
    link.sequence = message.sequence;
    [link.heardMs, link.pingedMs, link.unanswered] = [this.#world.nowMs(), null, 0];
    const reading = expectations[link.state][message.kind];
    if (reading === "ignore") this.#output.warn(link, `${message.kind} is ignored: it is ${link.state}`);
    else if (reading === "illegal") this.fail("protocol", `${message.kind} is not expected while it is ${link.state}`);
    else if (message.kind === "arrived") this.#arrive(message.stage);
    else if (reading === "take") this.#go("ready", "it has prepared", this.#limits.readyMs);
    else if (message.kind === "stage_done") this.#endStage(message);
    else if (message.kind === "preparing") link.prepared = { done: message.done, total: message.total };
    else if (message.kind === "pong") this.#hearPong(message);
    else if (message.kind === "running") this.#count(message);
    else if (reading === "end") this.#hearEnd(message);
    return undefined;
  }

  /** Asks for the agent's clock, so many times one after the other. */
  probeClock(): void {
    this.link.limitMs = null;
    this.link.probesLeft = this.#limits.clockProbes;
    if (this.link.probesLeft > 0) this.#ping();
  }

  /** Tells it when to begin. */
  start(startNs: WallNs): void {
    const { link } = this;
    const { startDelayMs, firstReportMs } = this.#limits;
    link.reportedMs = this.#world.nowMs() + startDelayMs;
    this.#go("start_sent", "all agents are ready", startDelayMs + firstReportMs);
    const localStartNs = startNs + (link.clock?.offsetNs ?? 0n);
    this.#output.send(link, { kind: "go", startNs, localStartNs, stage: link.stage });
  }

  /** When it needs to be looked at; null: never. */
  get dueMs(): number | null {
    return nextDue(this.link, this.#limits)?.atMs ?? null;
  }

  /** Does what its time has come for. */
  expire(): void {
    const due = nextDue(this.link, this.#limits);
    if (due === null || due.atMs > this.#world.nowMs()) return;
    const { pings, pingMs, noReportMs } = this.#limits;
    if (due.what === "retry") this.connect();
    else if (due.what === "ping") this.#ping();
    else if (due.what === "silent") this.fail("silent", `it did not answer ${pings} pings within ${pingMs} ms each`);
    else if (due.what === "no_reports") this.fail("no_reports", `it has not reported for ${noReportMs} ms`);
    else this.#limitReached();
  }

  /** `isGone`: it needs no abort, because it has ended by itself or cannot hear. */
  fail(cause: FailureCause, message: string, { isGone = false } = {}): void {
    const { link } = this;
    link.failure = { cause, message, during: link.state };
    if (link.isOpen && !isGone) this.#output.send(link, { kind: "abort", reason: message });
    this.#go("failed", message, null);
    this.#disconnect();
    this.#owner.failed(link, cause, message);
  }

  /** The run ends for all: it is told, and its answer is waited for. Who has no stream has ended. */
  endWithRun(why: string): void {
    const { link } = this;
    link.isTold = true;
    if (link.isOpen) this.#output.send(link, { kind: "abort", reason: why });
    else this.leave("the run has ended before it was connected");
  }

  /** It has ended because the run has, which is no failure of its own. */
  leave(message: string): void {
    const { link } = this;
    link.failure = { cause: "aborted", message, during: link.state };
    this.#go("aborted", message, null);
    this.#disconnect();
  }

  #go(to: LinkState, why: string, limitMs: number | null): void {
    this.#output.went(this.link, to, why);
    this.#census.move(this.link.state, to);
    this.link.state = to;
    this.link.limitMs = limitMs === null ? null : this.#world.nowMs() + limitMs;
  }

  #giveUpOrRetry({ why, refusal }: ConnectEnd): void {
    const { link } = this;
    if (refusal !== null) return this.fail(refusal, why, { isGone: true });
    const pauseMs = this.#limits.retryMs[link.attempts - 1];
    if (pauseMs === undefined)
      return this.fail("unreachable", `${why}, at the last of ${link.attempts} attempts`, { isGone: true });
    // The same sentence once is enough.
    const failed = why === link.problem ? "failed like the one before" : `failed: ${why}`;
    this.#output.warn(link, `attempt ${link.attempts} to connect ${failed}; the next is in ${pauseMs} ms`);
    link.problem = why;
    link.limitMs = null;
    link.retryAtMs = this.#world.nowMs() + pauseMs;
    return undefined;
  }

  get #stageName(): string {
    return quote(this.#stages[this.link.stage]?.name ?? "");
  }

  #count(report: WorkMessage): void {
    const { link } = this;
    if (link.state === "between" && this.#stages[link.stage]?.barrier !== false)
      return this.fail("protocol", `it has begun the stage ${this.#stageName} without waiting at its barrier`);
    link.totals = report.totals;
    link.reportedMs = this.#world.nowMs();
    if (link.stage === 0) link.actualStartNs = report.actualStartNs;
    this.#output.add({ kind: "report", agent: link.assignment.index, stage: link.stage, report });
    if (report.kind === "running" && link.state !== "collecting") this.#go("collecting", "its workload runs", null);
    return undefined;
  }

  /** Counters begin again with the next stage. */
  #endStage(message: Extract<WorkMessage, { kind: "stage_done" }>): void {
    const { link } = this;
    if (message.stage !== link.stage || link.stage + 1 >= this.#stages.length)
      return this.fail("protocol", `it has ended stage ${message.stage}, and is in stage ${link.stage}`);
    this.#count(message);
    if (link.state === "failed") return undefined;
    this.#keepResult(message.result);
    link.stage += 1;
    [link.totals, link.prepared] = [null, null];
    this.#go("between", `it prepares the stage ${this.#stageName}`, this.#limits.prepareMs);
    return undefined;
  }

  #arrive(stage: number): void {
    const { link } = this;
    if (stage !== link.stage || this.#stages[stage]?.barrier === false)
      return this.fail("protocol", `it is at the barrier of stage ${stage}, and stage ${link.stage} is next`);
    return this.#go("arrived", `it is at the barrier before the stage ${this.#stageName}`, null);
  }

  #keepResult(document: string): void {
    const { assignment, stage } = this.link;
    if (document !== "") this.#output.add({ kind: "result", agent: assignment.index, stage, document });
  }

  #hearPong({ id, receivedNs, sentNs }: Extract<AgentMessage, { kind: "pong" }>): void {
    const { link } = this;
    const askedNs = link.asked.get(id);
    link.asked.delete(id);
    if (askedNs === undefined) return this.#output.warn(link, `ping ${id} was never sent, or is answered twice`);
    if (link.probesLeft === 0) return undefined;
    const arrivedNs = this.#world.wallNs();
    link.samples.push({ sentNs: askedNs, arrivedNs, agentReceivedNs: receivedNs, agentSentNs: sentNs });
    link.probesLeft -= 1;
    if (link.probesLeft > 0) this.#ping();
    else this.#judgeClock();
    return undefined;
  }

  #judgeClock(): void {
    const { link } = this;
    link.clock = estimateClock(link.samples.slice(-this.#limits.clockProbes));
    if (link.clock !== null) for (const odd of clockOddities(link.clock)) this.#output.warn(link, odd);
  }

  #hearEnd(message: AgentMessage): void {
    const { link } = this;
    this.#output.send(link, { kind: "acknowledge", sequence: message.sequence });
    this.#countRest(message);
    if (message.kind === "completed" || message.kind === "error") this.#keepResult(message.result);
    if (message.kind === "completed") {
      if (link.stage + 1 < this.#stages.length)
        return this.fail("protocol", `it has completed before the stage ${this.#stageName} was its last`, {
          isGone: true,
        });
      this.#count(message);
      // Without having waited at the barrier of the last stage.
      if (link.state === "failed") return undefined;
      this.#go("completed", "its workload has ended", null);
      this.#disconnect();
    } else if (message.kind === "error") this.fail(message.cause, message.message, { isGone: true });
    else if (message.kind === "aborted" && link.isTold) this.leave("ended with the run");
    else if (message.kind === "aborted") this.fail("aborted", message.reason, { isGone: true });
    return undefined;
  }

  /** What a workload did between its last report and an end that was not its own. */
  #countRest(message: AgentMessage): void {
    if ((message.kind !== "error" && message.kind !== "aborted") || message.rest === null) return;
    const { state, stage } = this.link;
    // A stage that waits for nobody may have begun without a report.
    const hasPassed = state === "between" && this.#stages[stage]?.barrier === false;
    if (state !== "start_sent" && state !== "collecting" && !hasPassed) return;
    this.#count({ kind: "running", ...message.rest, sequence: message.sequence });
  }

  #ping(): void {
    const { link } = this;
    this.#pings += 1n;
    const sentNs = this.#world.wallNs();
    [link.pingedMs, link.unanswered] = [this.#world.nowMs(), link.unanswered + 1];
    link.asked.set(this.#pings, sentNs);
    this.#output.send(link, { kind: "ping", id: this.#pings, sentNs });
  }

  #disconnect(): void {
    this.link.isOpen = false;
    this.link.retryAtMs = null;
    this.#output.add({ kind: "disconnect", agent: this.link.assignment.index });
  }

  #limitReached(): void {
    const { link } = this;
    const { connectMs, prepareMs, firstReportMs } = this.#limits;
    link.limitMs = null;
    if (link.state === "connecting") {
      this.#output.add({ kind: "disconnect", agent: link.assignment.index });
      this.#giveUpOrRetry({ why: `no answer within ${connectMs} ms`, refusal: null });
    } else if (link.state === "config_sent") this.fail("not_ready_in_time", `it was not ready within ${prepareMs} ms`);
    else if (link.state === "between")
      this.fail("not_ready_in_time", `it had not prepared the stage ${this.#stageName} within ${prepareMs} ms`);
    else if (link.state === "start_sent")
      this.fail("not_begun_in_time", `it had not begun ${firstReportMs} ms after the start`);
    else if (link.state === "ready") this.#owner.waitedForOthers(link);
  }
}
