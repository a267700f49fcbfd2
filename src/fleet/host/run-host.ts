import { CorralError } from "../../report/index.ts";
import type { AgentEffect, AgentEvent } from "../agent/index.ts";
import { AgentStream, hasEnded } from "../agent/index.ts";
import type { FleetClock } from "../clock/index.ts";
import type { AgentLimits, AgentMessage, Assignment, ControlMessage } from "../model/index.ts";
import { noReport } from "../model/index.ts";
import type { AgentLetter, FleetStream, StreamListener } from "../transport/index.ts";
import type { WorkMaker, WorkStage } from "../work/index.ts";
import type { AgentLog } from "./agent-log.ts";
import { WorkRun } from "./work-run.ts";

/** What one run of an agent needs. */
export interface RunParts {
  readonly stream: FleetStream<AgentLetter>;
  readonly clock: FleetClock;
  readonly limits: AgentLimits;
  readonly makeWork: WorkMaker;
  readonly log: AgentLog;
  /** The agent is free for another. */
  readonly onFree: () => void;
}

/** One run of an agent: its machine, the stream to its controller, and its work. */
export class RunHost {
  readonly #parts: RunParts;
  readonly #machine: AgentStream;
  #assignment: Assignment | null = null;
  /** Judged with the assignment. */
  #stages: readonly WorkStage[] = [];
  /** Of the stage that is under way. */
  #work: WorkRun | null = null;
  #alarm: NodeJS.Timeout | undefined;
  #alarmMs: number | null = null;
  /** A report is due, and the stream is not clear. */
  #reportWaits = false;
  /** Effects that wait until what was under way has ended. */
  #after: Promise<void> | null = null;
  #isFree = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { clock, limits } = parts;
    const world = {
      nowMs: () => clock.nowMs(),
      wallNs: () => clock.wallNs(),
      report: () => this.#work?.work.report() ?? noReport,
    };
    this.#machine = new AgentStream(world, limits);
    this.#setAlarm();
  }

  get agentId(): string {
    return this.#assignment?.agentId ?? "";
  }

  get state(): string {
    return this.#machine.state;
  }

  /** Whether its last word is said; it may still be cleaning up. */
  get hasEnded(): boolean {
    return hasEnded(this.#machine);
  }

  /** What the stream hears. */
  readonly listener: StreamListener<ControlMessage> = {
    message: (message) => this.#tell({ kind: "message", message, problem: this.#judge(message) }),
    garbled: (what) => this.#tell({ kind: "unknown", what }),
    cleared: () => this.#report(),
    ended: (error) => this.#tell({ kind: "lost", why: error?.message ?? "it has closed the stream" }),
  };

  /** Ends it as the controller would. */
  abort(reason: string): void {
    this.#tell({ kind: "message", message: { kind: "abort", reason }, problem: null });
  }

  /** Why an assignment cannot be taken; null: it can, or the message is none. */
  #judge(message: ControlMessage): string | null {
    // Only the first counts: one that comes again must not change what is under way.
    if (message.kind !== "start" || this.#machine.state !== "idle") return null;
    this.#assignment = message.assignment;
    try {
      this.#stages = this.#parts.makeWork(message.assignment);
      return null;
    } catch (thrown) {
      return CorralError.from(thrown).toLine();
    }
  }

  #tell(event: AgentEvent): void {
    for (const effect of this.#machine.handle(event)) this.#do(effect);
    this.#setAlarm();
  }

  #do(effect: AgentEffect): void {
    if (this.#after === null || effect.kind === "went" || effect.kind === "warn") this.#doNow(effect);
    else this.#after = this.#after.then(() => this.#doNow(effect));
  }

  #doNow(effect: AgentEffect): void {
    const { log } = this.#parts;
    switch (effect.kind) {
      case "send":
        this.#send(this.#withRest(effect.message));
        break;
      case "prepare":
        this.#prepare(0);
        break;
      case "prepare_stage":
        this.#prepare(effect.stage);
        break;
      case "begin":
        this.#work?.begin(this.#parts.clock.monotonicOf(effect.atNs));
        break;
      case "cancel":
        this.#after = this.#work?.end() ?? Promise.resolve();
        break;
      case "close":
        void this.#close();
        break;
      case "warn":
        log("warn", { text: effect.text });
        break;
      case "went":
        log("state", { from: effect.from, to: effect.to, why: effect.why });
        break;
    }
  }

  /** What was done until the work had really ended belongs to its last word. */
  #withRest(message: AgentMessage): AgentMessage {
    if (message.kind !== "error" && message.kind !== "aborted") return message;
    if (message.rest === null || this.#work === null) return message;
    const { totals, intervals } = this.#work.work.report();
    return { ...message, rest: { ...message.rest, totals, intervals: [...message.rest.intervals, ...intervals] } };
  }

  /** A last word, of a stage too, must come, without its result where that is too large. */
  #send(message: AgentMessage): void {
    const { stream, log } = this.#parts;
    try {
      stream.send({ agentId: this.agentId, message });
    } catch (thrown) {
      log("warn", { text: CorralError.from(thrown).toLine() });
      if (message.kind === "completed" || message.kind === "stage_done" || message.kind === "error")
        stream.send({ agentId: this.agentId, message: { ...message, result: "" } });
    }
  }

  #prepare(index: number): void {
    const stage = this.#stages[index];
    if (stage === undefined) throw new Error(`there is no stage ${index} to prepare`);
    const { clock, log } = this.#parts;
    this.#work = new WorkRun(stage.work, {
      tell: (event) => this.#tell(this.#inStage(event, index)),
      wallOf: (monotonicNs) => clock.wallOf(monotonicNs),
      warn: (text) => log("warn", { text }),
    });
    this.#work.prepare();
  }

  /** What an event of a stage's work means for the run: others may follow, and it may have to wait for nobody. */
  #inStage(event: AgentEvent, index: number): AgentEvent {
    if (event.kind === "done" && index + 1 < this.#stages.length) return { ...event, kind: "stage_done" };
    const isFree = index > 0 && this.#stages[index]?.barrier === false;
    return event.kind === "prepared" && isFree ? { kind: "passed" } : event;
  }

  /** Nothing more is said. The next run may come when nothing of this one is left, whether or not the stream has gone. */
  async #close(): Promise<void> {
    clearTimeout(this.#alarm);
    const closed = this.#parts.stream.close();
    await this.#work?.clean();
    this.#free();
    await closed;
  }

  #free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#parts.onFree();
  }

  #setAlarm(): void {
    const { deadlineMs } = this.#machine;
    if (deadlineMs === this.#alarmMs) return;
    clearTimeout(this.#alarm);
    this.#alarmMs = deadlineMs;
    if (deadlineMs === null) return;
    const waitMs = Math.max(0, Math.ceil(deadlineMs - this.#parts.clock.nowMs()));
    this.#alarm = setTimeout(() => this.#alarmRings(), waitMs);
  }

  #alarmRings(): void {
    this.#alarmMs = null;
    if (hasEnded(this.#machine)) return;
    // Timers may be early.
    if (this.#parts.clock.nowMs() < (this.#machine.deadlineMs ?? 0)) return this.#setAlarm();
    if (this.#machine.state === "running" && !this.#parts.stream.isClear) {
      this.#reportWaits = true;
      return undefined;
    }
    return this.#tell({ kind: "deadline" });
  }

  /** The stream is clear again: the report that had to wait is made now, of what is now. */
  #report(): void {
    if (!this.#reportWaits) return;
    this.#reportWaits = false;
    if (this.#machine.state === "running") this.#tell({ kind: "deadline" });
  }
}
