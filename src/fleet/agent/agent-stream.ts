import type {
  AgentFailure,
  AgentLimits,
  AgentSaying,
  Assignment,
  BegunReport,
  ControlMessage,
  WallNs,
  WorkReport,
} from "../model/index.ts";
import type { AgentEffect, AgentEvent } from "./agent-event.ts";
import type { AgentEventKind, AgentState } from "./transitions.ts";
import { terminalStates, transitions } from "./transitions.ts";

/** What a stream asks of the world. */
export interface AgentWorld {
  /** Monotonic, in milliseconds. */
  nowMs(): number;
  wallNs(): WallNs;
  /** Of the workload: its totals so far, and what it did since the last call. */
  report(): WorkReport;
}

const nsPerMs = 1_000_000n;

/** Where a message of the controller stands in the table of transitions. */
const kindOf = (message: ControlMessage, problem: string | null): AgentEventKind =>
  message.kind === "start" && problem !== null ? "reject" : message.kind;

/**
 * One stream of an agent, as a machine without any I/O: events go in, what is to be done comes out. It says ready at most
 * once, and has exactly one last message (none when the controller is lost); its numbers begin with 1 and have no gap.
 */
export class AgentStream {
  readonly #world: AgentWorld;
  readonly #limits: AgentLimits;
  #state: AgentState = "idle";
  #sequence = 0n;
  #deadlineMs: number | null;
  #effects: AgentEffect[] = [];
  #actualStartNs: WallNs = 0n;
  /** The stage that is under way, or is next. */
  #stage = 0;

  constructor(world: AgentWorld, limits: AgentLimits) {
    this.#world = world;
    this.#limits = limits;
    this.#deadlineMs = world.nowMs() + limits.firstMessageMs;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** When `deadline` is to be told, monotonic; null: never. */
  get deadlineMs(): number | null {
    return this.#deadlineMs;
  }

  /** Takes an event in. @throws Error for what this agent's own work cannot have told in this state */
  handle(event: AgentEvent): readonly AgentEffect[] {
    this.#effects = [];
    const kind = event.kind === "message" ? kindOf(event.message, event.problem) : event.kind;
    const verdict = transitions[this.#state][kind];
    if (verdict === "never") throw new Error(`an agent that is ${this.#state} cannot be told ${kind}`);
    if (verdict === "ignore") this.#warn(`${kind} is ignored: the stream is ${this.#state} already`);
    else if (verdict === "illegal") this.#fail("protocol", `${kind} is not expected while ${this.#state}`);
    else if (verdict === "stay") this.#answer(event);
    else this.#enter(verdict, event);
    return this.#effects;
  }

  #warn(text: string): void {
    this.#effects.push({ kind: "warn", text });
  }

  #say(saying: AgentSaying): void {
    this.#sequence += 1n;
    this.#effects.push({ kind: "send", message: { ...saying, sequence: this.#sequence } });
  }

  #go(to: AgentState, why: string, limitMs: number | null): void {
    this.#effects.push({ kind: "went", from: this.#state, to, why });
    this.#state = to;
    this.#deadlineMs = limitMs === null ? null : this.#world.nowMs() + limitMs;
  }

  /** What changes nothing, and what comes too late. */
  #answer(event: AgentEvent): void {
    if (event.kind === "message" && event.message.kind === "ping") {
      const nowNs = this.#world.wallNs();
      this.#say({ kind: "pong", id: event.message.id, receivedNs: nowNs, sentNs: nowNs });
    }
    if (event.kind === "deadline" && this.#state === "running") this.#report();
    if (event.kind === "progress" && (this.#state === "preparing" || this.#state === "between"))
      this.#say({ kind: "preparing", done: event.done, total: event.total });
  }

  /** Reports keep to their grid, whatever was missed of it. */
  #report(): void {
    this.#say({ kind: "running", ...this.#begunReport() });
    const { reportMs } = this.#limits;
    const nowMs = this.#world.nowMs();
    const dueMs = this.#deadlineMs ?? nowMs;
    this.#deadlineMs = dueMs + reportMs * (Math.floor(Math.max(0, nowMs - dueMs) / reportMs) + 1);
  }

  #begunReport(): BegunReport {
    const actualStartNs = this.#actualStartNs;
    const elapsedMs = Math.max(0, Number(this.#world.wallNs() - actualStartNs) / Number(nsPerMs));
    return { ...this.#world.report(), actualStartNs, elapsedMs };
  }

  /** What no report has told, for a last word. */
  #rest(): BegunReport | null {
    return this.#state === "running" ? this.#begunReport() : null;
  }

  #enter(to: AgentState, event: AgentEvent): void {
    switch (event.kind) {
      case "message":
        this.#obey(event.message, event.problem);
        break;
      case "prepared":
        this.#prepared(to);
        break;
      case "passed":
        this.#go("waiting", "the next stage waits for nobody", null);
        this.#effects.push({ kind: "begin", atNs: this.#world.wallNs() });
        break;
      case "prepare_failed":
        this.#fail("prepare_failed", event.why);
        break;
      case "began":
        this.#actualStartNs = event.atNs;
        this.#go("running", "the start has come", 0);
        this.#report();
        break;
      case "stage_done":
        this.#endStage(event);
        break;
      case "done":
        this.#end("completed", "the workload has ended", {
          ...event,
          kind: "completed",
          actualStartNs: this.#actualStartNs,
          result: event.result,
        });
        break;
      case "failed":
        this.#fail("workload_failed", event.why, event.result);
        break;
      case "lost":
        this.#end("error", `the controller is lost: ${event.why}`, null);
        break;
      case "deadline":
        this.#expire();
        break;
      default:
        throw new Error(`${event.kind} leads nowhere, not to ${to}`);
    }
  }

  #obey(message: ControlMessage, problem: string | null): void {
    if (message.kind === "abort") {
      this.#end("aborted", message.reason, { kind: "aborted", reason: message.reason, rest: this.#rest() });
    } else if (message.kind === "start" && problem !== null) {
      this.#fail("config_rejected", problem);
    } else if (message.kind === "start") {
      this.#prepare(message.assignment);
    } else if (message.kind === "go") {
      this.#await(message.localStartNs, message.stage);
    }
  }

  #prepare(assignment: Assignment): void {
    this.#go("preparing", "it has its assignment", this.#limits.prepareMs);
    this.#effects.push({ kind: "prepare", assignment });
  }

  /** The others are waited for: before the first stage it is ready, before another it has arrived at a barrier. */
  #prepared(to: AgentState): void {
    const atNs = this.#world.wallNs();
    if (to === "ready") {
      this.#go("ready", "it has prepared", this.#limits.readyMs);
      this.#say({ kind: "ready", atNs });
    } else {
      // How long the others may take is the controller's business; its pings and its end are heard.
      this.#go("arrived", "it is at the barrier", null);
      this.#say({ kind: "arrived", stage: this.#stage, atNs });
    }
  }

  #endStage(event: Extract<AgentEvent, { kind: "stage_done" }>): void {
    this.#go("between", "a stage has ended, and another follows", this.#limits.prepareMs);
    this.#say({ ...event, stage: this.#stage, actualStartNs: this.#actualStartNs });
    this.#stage += 1;
    this.#effects.push({ kind: "prepare_stage", stage: this.#stage });
  }

  #await(atNs: WallNs, stage: number): void {
    if (stage !== this.#stage)
      return this.#fail("protocol", `stage ${stage} is to begin, and stage ${this.#stage} is next`);
    const aheadMs = Number((atNs - this.#world.wallNs()) / nsPerMs);
    const { farthestStartMs } = this.#limits;
    if (aheadMs < 0) return this.#fail("start_past", `the start was ${-aheadMs} ms ago by this agent's clock`);
    if (aheadMs > farthestStartMs)
      return this.#fail("start_far", `the start is ${aheadMs} ms ahead by this agent's clock, of ${farthestStartMs}`);
    this.#go("waiting", `the start is in ${aheadMs} ms`, null);
    this.#effects.push({ kind: "begin", atNs });
    return undefined;
  }

  #expire(): void {
    const { firstMessageMs, prepareMs, readyMs } = this.#limits;
    if (this.#state === "idle") this.#fail("no_start", `nothing came for ${firstMessageMs} ms`);
    else if (this.#state === "preparing" || this.#state === "between")
      this.#fail("prepare_timeout", `it was not prepared within ${prepareMs} ms`);
    else this.#fail("ready_timeout", `it was ready for ${readyMs} ms and was not told to begin`);
  }

  #fail(cause: AgentFailure, message: string, result = ""): void {
    this.#end("error", message, { kind: "error", cause, message, result, rest: this.#rest() });
  }

  #end(to: AgentState, why: string, last: AgentSaying | null): void {
    const hasMade = this.#state !== "idle";
    this.#go(to, why, null);
    if (to !== "completed" && hasMade) this.#effects.push({ kind: "cancel" });
    if (last !== null) this.#say(last);
    this.#effects.push({ kind: "close" });
  }
}

/** Whether a stream has come to its end. */
export const hasEnded = ({ state }: AgentStream): boolean => terminalStates.includes(state);
