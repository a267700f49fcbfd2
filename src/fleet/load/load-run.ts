import { setTimeout as sleep } from "node:timers/promises";
import { LatencyTable } from "../latencies/index.ts";
import type { FinalReport, PrepareResult, WorkReport } from "../model/index.ts";
import { arrivalTimes } from "./arrivals.ts";
import { CpuSampler } from "./cpu-sampler.ts";
import type { LoadConfig } from "./load-config.ts";
import { operationDrawer } from "./mix.ts";
import type { Attempt } from "./pace.ts";
import { runClosed, runOpen } from "./pace.ts";
import type { LoadOperation, LoadPart, LoadTarget } from "./target.ts";
import { FileTarget } from "./targets/file.ts";
import { httpTarget } from "./targets/http.ts";
import { memoryTarget } from "./targets/memory.ts";
import { WorkRecorder } from "./work-recorder.ts";

const defaults = { size: 4096, durationMs: 60_000, warmUpMs: 0, lanes: 16 } as const;

function targetOf(config: LoadConfig, part: LoadPart): LoadTarget {
  const { memory, file, http, size = defaults.size, concurrency = defaults.lanes } = config;
  if (memory !== undefined) return memoryTarget(memory, size);
  if (file !== undefined) return new FileTarget(file, size, part);
  if (http !== undefined) return httpTarget(http, size, concurrency);
  throw new Error("there is nothing to put load on");
}

/** One run of a load generator: made ready, then begun once. */
export class LoadRun {
  readonly #config: LoadConfig;
  readonly #target: LoadTarget;
  readonly #recorder = new WorkRecorder();
  readonly #cpu = new CpuSampler();
  #prepared: PrepareResult | null = null;
  #beganMs = 0;

  constructor(config: LoadConfig, part: LoadPart) {
    this.#config = config;
    this.#target = targetOf(config, part);
  }

  /** @param progress told how many of how many steps are done */
  async prepare(signal: AbortSignal, progress: (done: number, total: number) => void): Promise<void> {
    const table = new LatencyTable();
    const beganMs = performance.now();
    let done = 0;
    await this.#target.prepare((operation, bytes, us) => {
      table.record(operation, bytes, us);
      done += 1;
      progress(done, this.#target.prepareSteps);
    }, signal);
    signal.throwIfAborted();
    this.#prepared = { wallMs: performance.now() - beganMs, cells: table.toCells() };
  }

  /** Does the work. An abort ends it; what was done until then counts. */
  async run(signal: AbortSignal): Promise<FinalReport> {
    const { duration = defaults.durationMs, "warm-up": warmUp = defaults.warmUpMs } = this.#config;
    this.#beganMs = performance.now();
    this.#cpu.take();
    const countFromMs = this.#beganMs + warmUp;
    const endMs = countFromMs + duration;
    await this.#work(this.#attempt(countFromMs), endMs, signal);
    const wallMs = performance.now() - countFromMs;
    const { totals, intervals } = this.report();
    const cells = this.#recorder.all.toCells();
    return { totals, intervals, wallMs: Math.max(0, wallMs), cells, prepare: this.#prepared };
  }

  /** What was done since the last report. */
  report(): WorkReport {
    return this.#recorder.report(performance.now() - this.#beganMs, this.#cpu.take());
  }

  /** Takes away what preparing and running have made. */
  async close(): Promise<void> {
    await this.#target.close();
  }

  async #work(attempt: Attempt, endMs: number, signal: AbortSignal): Promise<void> {
    const { concurrency: lanes = defaults.lanes, rate, arrivals: spread = "uniform" } = this.#config;
    if (rate === undefined) return runClosed(lanes, endMs, attempt, signal);
    const arrivals = arrivalTimes(rate, spread, Math.random);
    const late = await runOpen({ arrivals, beganMs: this.#beganMs, endMs, lanes, attempt, signal });
    // A stall must not hide what it kept from beginning.
    for (let one = 0; one < late; one += 1) this.#recorder.failed();
  }

  /** What was due before `countFromMs` is done and not counted. */
  #attempt(countFromMs: number): Attempt {
    const draw = operationDrawer(this.#config.operations ?? { get: 1 }, Math.random);
    const settle = (operation: LoadOperation, dueMs: number, bytes: number): void => {
      if (dueMs >= countFromMs) this.#recorder.succeeded(operation, bytes, (performance.now() - dueMs) * 1000);
    };
    const fail = (dueMs: number): void => {
      if (dueMs >= countFromMs) this.#recorder.failed();
    };
    return (dueMs) => {
      const operation = draw();
      try {
        const bytes = this.#target.perform(operation);
        if (typeof bytes !== "number")
          return bytes.then(
            (moved) => settle(operation, dueMs, moved),
            () => this.#afterFailure(fail, dueMs),
          );
        settle(operation, dueMs, bytes);
      } catch {
        return this.#afterFailure(fail, dueMs);
      }
      return undefined;
    };
  }

  /** What fails at once would be tried as fast as the machine can. */
  async #afterFailure(fail: (dueMs: number) => void, dueMs: number): Promise<void> {
    fail(dueMs);
    await sleep(failurePauseMs);
  }
}

const failurePauseMs = 10;
