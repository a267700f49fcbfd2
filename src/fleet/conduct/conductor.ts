import { setTimeout as sleep } from "node:timers/promises";
import { CorralError } from "../../report/index.ts";
import type { ConnectRefusal, FleetRunOptions, RunEffect, RunEvent, RunWorld } from "../controller/index.ts";
import { FleetRun } from "../controller/index.ts";
import type { AgentMessage, ControlMessage, FleetOutcome } from "../model/index.ts";
import type { AgentDialer, FleetStream, StreamListener } from "../transport/index.ts";

export interface ConductorOptions extends FleetRunOptions {
  /** Where each agent is, by its number, as the dialer names it. */
  readonly targets: readonly string[];
  readonly dialer: AgentDialer;
  readonly world: RunWorld;
  /** Told of everything that the run does, after it was done. */
  readonly onEffect: (effect: RunEffect, run: FleetRun) => void;
}

/** What an agent's stream is at the moment. */
interface Line {
  readonly stream: FleetStream<ControlMessage>;
  isOpen: boolean;
}

/** Ends of an attempt to connect that another attempt would have, too. */
const refusals: Readonly<Record<string, ConnectRefusal>> = { FLEET_DENIED: "denied", FLEET_BUSY: "busy" };

/** How long streams may take to close once the run is over. */
const farewellMs = 500;
/** Node's timers take no more. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Conducts a fleet run: what its machine asks for is done on streams and timers, and what happens is told to the machine.
 */
export class Conductor {
  readonly run: FleetRun;
  readonly #options: ConductorOptions;
  readonly #lines = new Map<number, Line>();
  /** Streams that were closed and are not gone yet. */
  readonly #closing = new Map<Line, Promise<unknown>>();
  readonly #outcome: Promise<FleetOutcome>;
  #settle: (outcome: FleetOutcome) => void = () => {};
  #alarm: NodeJS.Timeout | null = null;
  #alarmMs = Number.POSITIVE_INFINITY;
  #interrupts = 0;

  constructor(options: ConductorOptions) {
    this.#options = options;
    this.run = new FleetRun(options.world, options);
    this.#outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Runs to the end; settles when no stream is left. */
  async conduct(): Promise<FleetOutcome> {
    this.#do(this.run.begin());
    const outcome = await this.#outcome;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    await this.#sayFarewell();
    return outcome;
  }

  /** The user wants it to end: the first time agents are told and waited for, the second time nobody is. */
  interrupt(): void {
    this.#interrupts += 1;
    this.#tell({ kind: "interrupt" });
    if (this.#interrupts > 1) for (const line of this.#closing.keys()) line.stream.cut("the run has ended");
  }

  #tell(event: RunEvent): void {
    this.#do(this.run.handle(event));
  }

  #do(effects: readonly RunEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "connect") this.#connect(effect.agent, effect.attempt);
      else if (effect.kind === "send") this.#send(effect.agent, effect.message);
      else if (effect.kind === "disconnect") this.#disconnect(effect.agent);
      else if (effect.kind === "finish") this.#settle(effect.outcome);
      this.#options.onEffect(effect, this.run);
    }
    this.#setAlarm();
  }

  /** An alarm that comes too early looks again: most deadlines are put off by the next message. */
  #setAlarm(): void {
    const { deadlineMs } = this.run;
    if (deadlineMs === null || deadlineMs >= this.#alarmMs) return;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    this.#alarmMs = deadlineMs;
    const waitMs = Math.ceil(deadlineMs - this.#options.world.nowMs());
    this.#alarm = setTimeout(() => this.#ring(), Math.min(Math.max(waitMs, 0), longestTimerMs));
  }

  #ring(): void {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    if ((this.run.deadlineMs ?? Number.POSITIVE_INFINITY) <= this.#options.world.nowMs())
      this.#tell({ kind: "deadline" });
    else this.#setAlarm();
  }

  #connect(agent: number, attempt: number): void {
    // Those of an attempt that was given up say nothing any more.
    const isCurrent = (): boolean => this.#lines.get(agent) === line;
    const listener: StreamListener<AgentMessage> = {
      opened: () => {
        if (!isCurrent()) return;
        line.isOpen = true;
        this.#tell({ kind: "connected", agent, attempt });
      },
      message: (message) => {
        if (isCurrent()) this.#tell({ kind: "message", agent, message });
      },
      garbled: (what) => {
        if (isCurrent()) this.#tell({ kind: "garbled", agent, what });
      },
      ended: (error) => {
        if (!isCurrent()) return;
        this.#lines.delete(agent);
        const why = error === null ? "it has closed the stream without a last word" : error.message;
        const refusal = error === null ? null : (refusals[error.code] ?? null);
        this.#tell(
          line.isOpen ? { kind: "lost", agent, why } : { kind: "connect_failed", agent, attempt, why, refusal },
        );
      },
    };
    const line: Line = {
      stream: this.#options.dialer.open(this.#options.targets[agent] ?? "", listener),
      isOpen: false,
    };
    this.#lines.set(agent, line);
  }

  #send(agent: number, message: ControlMessage): void {
    const line = this.#lines.get(agent);
    if (line === undefined) return;
    try {
      line.stream.send(message);
    } catch (thrown) {
      this.#lines.delete(agent);
      line.stream.cut("a message could not be sent");
      // Not while the machine's effects are being done.
      queueMicrotask(() => this.#tell({ kind: "lost", agent, why: CorralError.from(thrown).message }));
    }
  }

  #disconnect(agent: number): void {
    const line = this.#lines.get(agent);
    if (line === undefined) return;
    this.#lines.delete(agent);
    if (!line.isOpen) return line.stream.cut("no answer in time");
    this.#closing.set(
      line,
      line.stream.close().then(() => this.#closing.delete(line)),
    );
    return undefined;
  }

  /** Whoever does not close by itself is cut off. */
  async #sayFarewell(): Promise<void> {
    const waiting = new AbortController();
    const limit = sleep(this.#interrupts > 1 ? 0 : farewellMs, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#closing.values()), limit]);
    waiting.abort();
    for (const { stream } of this.#closing.keys()) stream.cut("the run has ended");
  }
}
