import { CorralError } from "../../report/index.ts";
import type { Clock } from "../clock/index.ts";
import type {
  EndedProcess,
  GroupRecord,
  MonitorSample,
  OpRecord,
  PayloadRecord,
  PhaseRecord,
  RunFailure,
  SeriesValues,
  StalledWorker,
  WorkRecord,
} from "../record/index.ts";
import type { RunEvent } from "./events.ts";
import type { MonitorLook } from "./ports.ts";

type Building<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** Whose error it is. */
export type FailedPart = Pick<RunFailure, "stage" | "step" | "op">;

/** Everything that is told of a run, in the order it comes. */
export class RunBook {
  readonly phases: PhaseRecord[] = [];
  readonly ops: OpRecord[] = [];
  readonly works: WorkRecord[] = [];
  readonly payloads: PayloadRecord[] = [];
  readonly ended: EndedProcess[] = [];
  readonly stalled: StalledWorker[] = [];
  readonly monitor: MonitorSample[] = [];
  readonly failures: RunFailure[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  cleanupMs = 0;
  /** Time that the scenario's duration did not count. */
  uncountedMs = 0;
  readonly #clock: Clock;
  #beganNs: bigint;
  #startTime: string;
  readonly #groups: Building<GroupRecord>[] = [];
  readonly #open = new Map<string, Building<GroupRecord>>();
  readonly #onEvent: (event: RunEvent) => void;
  #listenerFailed = false;

  constructor(clock: Clock, onEvent: (event: RunEvent) => void) {
    this.#clock = clock;
    this.#beganNs = clock.nowNs();
    this.#startTime = clock.wall();
    this.#onEvent = onEvent;
  }

  /** The scenario begins now: what its scheduler took until it was there is none of its time. */
  startClock(): void {
    this.#beganNs = this.#clock.nowNs();
    this.#startTime = this.#clock.wall();
  }

  /** Wall clock when the scenario's clock began. */
  get startTime(): string {
    return this.#startTime;
  }

  nowMs(): number {
    return this.msOf(this.#clock.nowNs());
  }

  /** A moment of CLOCK_MONOTONIC on the scenario's clock. */
  msOf(ns: bigint): number {
    return Number(ns - this.#beganNs) / 1e6;
  }

  /** What a listener throws is no error of the run's: the first one is a warning. */
  tell(event: RunEvent): void {
    try {
      this.#onEvent(event);
    } catch (thrown) {
      if (this.#listenerFailed) return;
      this.#listenerFailed = true;
      this.warnings.push(`who listens to the run failed at ${event.kind}: ${CorralError.from(thrown).message}`);
    }
  }

  warn(message: string): void {
    this.warnings.push(message);
    this.tell({ kind: "warning", message });
  }

  fail(part: FailedPart, thrown: unknown): void {
    const error = CorralError.from(thrown);
    const failure = { ...part, atMs: this.nowMs(), code: error.code, message: error.toLine() };
    this.failures.push(failure);
    this.tell({ kind: "failure", failure });
  }

  monitored(look: MonitorLook): void {
    this.monitor.push({ atMs: this.nowMs(), ...look });
  }

  stall(worker: StalledWorker): void {
    this.stalled.push(worker);
    this.tell({ kind: "stalled", worker });
  }

  end(process: EndedProcess): void {
    this.ended.push(process);
    this.tell({ kind: "ended", process });
  }

  /** Does one thing and writes down how long it took and whether it went wrong; what it throws is thrown. */
  async during<T>(what: Pick<OpRecord, "step" | "index" | "round" | "kind" | "object">, work: () => Promise<T>) {
    const atMs = this.nowMs();
    const write = (error: string | null): void => {
      const op = { ...what, atMs, durationMs: this.nowMs() - atMs, error };
      this.ops.push(op);
      this.tell({ kind: "op", op });
    };
    try {
      const result = await work();
      write(null);
      return result;
    } catch (thrown) {
      write(CorralError.from(thrown).toLine());
      throw thrown;
    }
  }

  groupMade(name: string, step: number | null): void {
    const madeMs = this.nowMs();
    const group = { name, step, madeMs, removedMs: madeMs, cpusets: [], samples: [], captures: [] };
    this.#groups.push(group);
    this.#open.set(name, group);
  }

  groupSampled(name: string, atMs: number, values: SeriesValues): void {
    this.#open.get(name)?.samples.push({ atMs, values });
  }

  cpusetGiven(name: string, cpus: readonly number[] | null): void {
    this.#open.get(name)?.cpusets.push({ atMs: this.nowMs(), cpus });
  }

  captured(name: string, tag: string, pids: readonly number[]): void {
    this.#open.get(name)?.captures.push({ tag, atMs: this.nowMs(), pids });
  }

  groupRemoved(name: string): void {
    const group = this.#open.get(name);
    if (group === undefined) return;
    group.removedMs = this.nowMs();
    this.#open.delete(name);
  }

  get groups(): readonly GroupRecord[] {
    return this.#groups;
  }
}
