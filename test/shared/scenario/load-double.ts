import type { ProgramEnd, ProgramRequest, RunningProgram, Workers } from "../../../src/scenario/execute/index.ts";
import type { WorkerPlan, WorkerReport, WorkerSample } from "../../../src/scenario/workers/index.ts";
import { addLatencies } from "../../../src/scenario/workers/index.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Iterations that a worker does in a millisecond in which it may run. */
export const iterationsPerMs = 10;

/** What processes of the double live on. */
export interface Ground {
  readonly clock: VirtualClock;
  readonly newPid: (onKill: () => void) => number;
  readonly isAlive: (pid: number) => boolean;
  readonly kill: (pid: number) => void;
  readonly isFrozen: (pid: number) => boolean;
  readonly note: (line: string) => void;
}

interface Worker {
  readonly pid: number;
  iterations: number;
  lastMs: number;
  end: WorkerReport["end"] | null;
  endedMs: number | null;
}

/** Workers that count as long as they live, are released and are not frozen, and stop when told unless they are frozen or stuck. */
export class WorkersDouble implements Workers {
  readonly pids: readonly number[];
  readonly plan: WorkerPlan;
  readonly epochs: string[] = [];
  /** True: it does not stop when it is told. */
  isStuck = false;
  /** Pids that do not end when they are killed. */
  stuck: readonly number[] = [];
  /** True: it neither runs nor is switched. */
  isStill = false;
  readonly #ground: Ground;
  readonly #workers: Worker[];
  #releasedMs: number | null = null;
  #finishing: Promise<WorkerReport[]> | null = null;

  constructor(ground: Ground, plan: WorkerPlan) {
    this.#ground = ground;
    this.plan = plan;
    this.#workers = Array.from({ length: plan.workers }, () => {
      const worker: Worker = { pid: 0, iterations: 0, lastMs: 0, end: null, endedMs: null };
      const pid = ground.newPid(() => {
        this.#count();
        worker.end ??= { kind: "signaled", signal: 9 };
        worker.endedMs ??= ground.clock.nowMs;
      });
      return Object.assign(worker, { pid });
    });
    this.pids = this.#workers.map(({ pid }) => pid);
  }

  get processes(): readonly number[] {
    return this.pids;
  }

  tasksOf = (pid: number): readonly number[] => [pid];

  release(): void {
    this.#releasedMs ??= this.#ground.clock.nowMs;
    for (const worker of this.#workers) worker.lastMs = this.#ground.clock.nowMs;
    this.#ground.note(`release ${this.pids.join(",")}`);
  }

  sample(): WorkerSample[] {
    this.#count();
    return this.#workers.map((worker, index) => this.#sample(worker, index));
  }

  totals() {
    const samples = this.sample();
    const sum = (key: "iterations" | "workUnits"): number => samples.reduce((all, one) => all + one[key], 0);
    return { iterations: sum("iterations"), workUnits: sum("workUnits") };
  }

  latencies = () => this.#workers.map(() => addLatencies([]));
  suspendCpus = (): void => void this.epochs.push("suspend");
  beginCpuset = (): void => void this.epochs.push("begin");

  stop({ timeoutMs = 5000 }: { readonly timeoutMs?: number } = {}): Promise<WorkerReport[]> {
    this.#finishing ??= this.#stop(timeoutMs);
    return this.#finishing;
  }

  kill(): Promise<WorkerReport[]> {
    this.#ground.note(`kill workers ${this.pids.join(",")}`);
    this.#finishing ??= this.#finish("killed");
    return this.#finishing;
  }

  async #stop(timeoutMs: number): Promise<WorkerReport[]> {
    this.#ground.note(`stop ${this.pids.join(",")}`);
    const isLate = (): boolean => this.isStuck || this.#workers.some(({ pid }) => this.#ground.isFrozen(pid));
    const untilMs = this.#ground.clock.nowMs + timeoutMs;
    do await this.#ground.clock.sleep(1);
    while (isLate() && this.#ground.clock.nowMs < untilMs);
    return this.#finish(isLate() ? "late" : "stopped");
  }

  async #finish(how: "killed" | "late" | "stopped"): Promise<WorkerReport[]> {
    this.#count();
    for (const worker of this.#workers) {
      if (worker.end !== null) continue;
      if (how === "stopped") worker.end = { kind: "exited", code: 0 };
      else worker.end = how === "late" ? { kind: "timed-out" } : { kind: "signaled", signal: 9 };
      this.#ground.kill(worker.pid);
    }
    return this.#workers.map((worker, index) => this.#report(worker, index, how === "stopped"));
  }

  /** Time in which a worker was frozen, still or dead counts nothing. */
  #count(): void {
    const { nowMs } = this.#ground.clock;
    for (const worker of this.#workers) {
      const runs = this.#releasedMs !== null && !this.isStill && worker.end === null;
      if (runs && this.#ground.isAlive(worker.pid) && !this.#ground.isFrozen(worker.pid))
        worker.iterations += (nowMs - worker.lastMs) * iterationsPerMs;
      worker.lastMs = nowMs;
    }
  }

  #sample({ pid, iterations, end, endedMs }: Worker, index: number): WorkerSample {
    return {
      index,
      pid,
      stage: this.#releasedMs === null ? "ready" : "working",
      hasEnded: end !== null,
      endedNs: endedMs === null ? null : BigInt(Math.round(endedMs * 1e6)),
      iterations,
      workUnits: iterations,
      samples: 0,
      migrations: 0,
      cpu: 0,
      cpuTimeNs: (iterations / iterationsPerMs) * 1e6,
      runDelayNs: 0,
      maxGapNs: 0,
      maxGapCpu: 0,
      maxGapAtNs: 0,
    };
  }

  #report(worker: Worker, index: number, stopped: boolean): WorkerReport {
    const {
      stage: _stage,
      hasEnded: _ended,
      endedNs: _endedNs,
      samples: _samples,
      ...counters
    } = this.#sample(worker, index);
    const nothing = { slices: null, voluntarySwitches: null, involuntarySwitches: null, minorFaults: null };
    const unknown = {
      majorFaults: null,
      numaPages: null,
      numaPagesMigrated: null,
      failureError: null,
      failureText: null,
    };
    const errors = { memPolicyError: null, schedPolicyError: null, identityError: null };
    return {
      ...counters,
      ...nothing,
      ...unknown,
      ...errors,
      group: 0,
      role: index,
      threadOf: null,
      completed: stopped && worker.end?.kind === "exited",
      end: worker.end ?? { kind: "lost" },
      wallTimeNs: 0,
      offCpuNs: 0,
      latencyKind: "none",
      latencies: addLatencies([]),
      minLatencyNs: null,
      maxLatencyNs: null,
      cpusUsed: [],
      cpusByCpuset: [[]],
      failures: 0,
    };
  }
}

/** A program that ends by itself after a while, or never. */
export class ProgramDouble implements RunningProgram {
  readonly pid: number;
  readonly request: ProgramRequest;
  readonly ended: Promise<ProgramEnd>;
  readonly #ground: Ground;
  readonly #texts: { readonly stdout: string; readonly stderr: string };
  #end: (end: ProgramEnd) => void = () => {};

  constructor(
    ground: Ground,
    request: ProgramRequest,
    life: { readonly ms: number | null; readonly code?: number; readonly stdout?: string },
  ) {
    this.#ground = ground;
    this.request = request;
    this.#texts = { stdout: life.stdout ?? "", stderr: "" };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.pid = ground.newPid(() => this.#end({ kind: "signaled", signal: 9 }));
    if (life.ms !== null)
      ground.clock.after(life.ms, () => {
        this.#end({ kind: "exited", code: life.code ?? 0 });
        ground.kill(this.pid);
      });
  }

  kill = (): void => {
    this.#ground.note(`kill program ${this.request.argv[0]}`);
    this.#ground.kill(this.pid);
  };

  output = () => ({ ...this.#texts, cut: false });
}
