import { describeWork } from "../model/index.ts";
import type { PhaseRecord, PhaseWork } from "../record/index.ts";
import { isHoldLost, lostHoldText } from "../record/index.ts";
import type { ResolvedWork } from "../resolve/index.ts";
import type { Latencies, WorkerSample } from "../workers/index.ts";
import { addLatencies, latenciesSince } from "../workers/index.ts";
import type { RunBook } from "./book.ts";
import type { RunState, WorkHandle } from "./state.ts";

/** Counters that only grow, of a set of workers together. */
type Counters = Pick<PhaseWork, "iterations" | "workUnits" | "migrations" | "cpuTimeNs" | "runDelayNs" | "latencies">;

interface Look {
  readonly atMs: number;
  readonly counters: Counters;
}

type Counted = Pick<WorkerSample, "iterations" | "workUnits" | "migrations" | "cpuTimeNs" | "runDelayNs">;

function totalOf(workers: readonly Counted[], latencies: readonly Latencies[]): Counters {
  const sum = (name: keyof Counted): number => workers.reduce((total, one) => total + one[name], 0);
  return {
    iterations: sum("iterations"),
    workUnits: sum("workUnits"),
    migrations: sum("migrations"),
    cpuTimeNs: sum("cpuTimeNs"),
    runDelayNs: sum("runDelayNs"),
    latencies: addLatencies(latencies),
  };
}

const nothing: Counters = totalOf([], []);
const noHold = { holdMs: null, plannedHoldMs: 0, wantedHoldMs: 0 } as const;

function since(now: Counters, before: Counters): Counters {
  return {
    iterations: now.iterations - before.iterations,
    workUnits: now.workUnits - before.workUnits,
    migrations: now.migrations - before.migrations,
    cpuTimeNs: now.cpuTimeNs - before.cpuTimeNs,
    runDelayNs: now.runDelayNs - before.runDelayNs,
    latencies: latenciesSince(now.latencies, before.latencies),
  };
}

interface OpenPhase {
  readonly phase: number;
  readonly startMs: number;
  hold: Pick<PhaseRecord, "holdMs" | "plannedHoldMs" | "wantedHoldMs">;
  rounds: number | null;
  readonly before: Map<number, Look>;
  readonly done: PhaseWork[];
}

function latencyKindOf({ workType, custom }: ResolvedWork): PhaseWork["latencyKind"] {
  const { samples } = describeWork(workType);
  return samples === "own" ? (custom?.samples ?? "none") : samples;
}

/** Attributes what workers did to the phase in which they did it; work between phases belongs to none. */
export class PhaseTracker {
  readonly #book: RunBook;
  readonly #state: RunState;
  #open: OpenPhase | null = null;

  constructor(book: RunBook, state: RunState) {
    this.#book = book;
    this.#state = state;
  }

  begin(phase: number): void {
    const startMs = this.#book.nowMs();
    const before = new Map(this.#state.works.map((handle) => [handle.id, this.#look(handle)] as const));
    this.#open = { phase, startMs, hold: noHold, rounds: null, before, done: [] };
  }

  /** Everything is set up: from now on the phase holds for so long, cut from what was wanted. */
  hold(plannedHoldMs: number, wantedHoldMs: number): void {
    if (this.#open === null) return;
    this.#open.hold = { holdMs: this.#book.nowMs(), plannedHoldMs, wantedHoldMs };
  }

  /** Rounds of a loop that have begun. */
  rounds(count: number): void {
    if (this.#open !== null) this.#open.rounds = count;
  }

  started(handle: WorkHandle): void {
    this.#open?.before.set(handle.id, { atMs: this.#book.nowMs(), counters: nothing });
  }

  /** Workers are about to be stopped while the phase goes on: what they do until they have stopped belongs to none. */
  finishing(handle: WorkHandle): void {
    if (this.#open !== null)
      this.#open.done.push(this.#work(this.#open, handle, this.#look(handle), handle.set.pids.length));
  }

  /** The phase is over: before anything of it is collected. Idempotent. */
  end(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const endMs = this.#book.nowMs();
    const { works, groups } = this.#state;
    const looks = this.#lookAtAll(works);
    const record: PhaseRecord = {
      phase: open.phase,
      startMs: open.startMs,
      endMs,
      ...open.hold,
      rounds: open.rounds,
      groups: groups.length,
      workers: works.reduce((sum, { set }) => sum + set.pids.length, 0),
      work: [...open.done, ...looks.map(([handle, look]) => this.#work(open, handle, look, handle.set.pids.length))],
    };
    this.#book.phases.push(record);
    if (isHoldLost(record)) this.#book.warn(lostHoldText(record));
  }

  /** Counters of all first, so that they are of one moment; latencies take longer to read. */
  #lookAtAll(works: readonly WorkHandle[]): (readonly [WorkHandle, Look])[] {
    const atMs = this.#book.nowMs();
    const samples = works.map(({ set }) => set.sample());
    return works.map((handle, at) => {
      const own = samples[at] ?? [];
      const counters = totalOf(own, handle.set.latencies());
      return [handle, { atMs: this.#endOf(own, atMs), counters }] as const;
    });
  }

  #look({ set }: WorkHandle): Look {
    const atMs = this.#book.nowMs();
    const samples = set.sample();
    return { atMs: this.#endOf(samples, atMs), counters: totalOf(samples, set.latencies()) };
  }

  /** Workers that have all ended count until the last of them did. */
  #endOf(samples: readonly WorkerSample[], nowMs: number): number {
    const ends = samples.flatMap(({ endedNs }) => (endedNs === null ? [] : [this.#book.msOf(endedNs)]));
    return ends.length > 0 && ends.length === samples.length ? Math.min(nowMs, Math.max(...ends)) : nowMs;
  }

  #work(open: OpenPhase, handle: WorkHandle, now: Look, workers: number): PhaseWork {
    const before = open.before.get(handle.id) ?? { atMs: open.startMs, counters: nothing };
    return {
      work: handle.id,
      cgroup: handle.cgroup,
      workers,
      elapsedMs: now.atMs - before.atMs,
      ...since(now.counters, before.counters),
      latencyKind: latencyKindOf(handle.work),
    };
  }
}
