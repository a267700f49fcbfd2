import { CorralError } from "../../report/index.ts";
import type { Clock } from "../clock/index.ts";
import type { EndedProcess } from "../record/index.ts";
import type { RunBook } from "./book.ts";
import type { Death, SchedulerSource, Supervised } from "./ports.ts";

/** How often the state of sched_ext is read beside the end of its loader: nothing announces it. */
export const probeMs = 100;

interface Watched {
  readonly process: Supervised;
  readonly isScheduler: boolean;
}

interface Progress {
  when: EndedProcess["when"];
  stepsDone: number;
}

const isDownState = (state: string): boolean => state === "disabling" || state === "disabled";

/** Watches every process that must live, and the caller's wish to end the run; holds end with either. */
export class Liveness implements Disposable {
  readonly progress: Progress = { when: "between-steps", stepsDone: 0 };
  readonly #clock: Clock;
  readonly #book: RunBook;
  readonly #steps: number;
  readonly #signal: AbortSignal | null;
  readonly #scheduler: SchedulerSource;
  readonly #watched = new Set<Watched>();
  readonly #over = new AbortController();
  readonly #onAbort = (): void => this.#over.abort();

  constructor(
    parts: { readonly clock: Clock; readonly book: RunBook; readonly scheduler: SchedulerSource },
    steps: number,
    signal: AbortSignal | null,
  ) {
    this.#clock = parts.clock;
    this.#book = parts.book;
    this.#scheduler = parts.scheduler;
    this.#steps = steps;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#over.abort();
  }

  /** A process that must live from now on. */
  supervise(process: Supervised, isScheduler = false): void {
    const watched = { process, isScheduler };
    this.#watched.add(watched);
    void this.#awaitEnd(watched);
  }

  async #awaitEnd(watched: Watched): Promise<void> {
    const death = await watched.process.ended;
    if (this.#watched.has(watched)) this.#died(watched, death);
  }

  /** It may end now. */
  release(process: Supervised): void {
    for (const watched of this.#watched) if (watched.process === process) this.#watched.delete(watched);
    process.release();
  }

  /** Something that had to live has ended. */
  get isDead(): boolean {
    return this.#book.ended.length > 0;
  }

  get isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** The run has to end: something died, or the caller wants it. */
  get mustEnd(): boolean {
    return this.isDead || this.isAborted;
  }

  /** @throws CorralError ABORTED when the caller wants the run to end */
  throwIfAborted(): void {
    if (this.isAborted) throw abortedError();
  }

  /** Aborted when the run has to end. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Waits for a promise. @throws CorralError ABORTED when the run is to end meanwhile, PROCESS_GONE when something died */
  async unlessAborted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#over;
    let onAbort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.isDead ? deadError(this.#book.ended) : abortedError());
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Looks at what no event tells. */
  probe(): void {
    for (const watched of this.#watched) {
      if (watched.isScheduler && isDownState(this.#scheduler.state()))
        this.#died(watched, { how: "unknown", reason: `sched_ext is ${this.#scheduler.state()}` });
    }
  }

  /** Waits so long, or until the run has to end. A hold of nothing looks once. @returns whether it was kept to its end */
  async hold(ms: number): Promise<boolean> {
    const untilNs = this.#clock.nowNs() + BigInt(Math.round(Math.max(0, ms) * 1e6));
    this.probe();
    while (!this.mustEnd) {
      const leftMs = Number(untilNs - this.#clock.nowNs()) / 1e6;
      if (leftMs <= 0) break;
      await this.#clock.sleep(this.#needsProbes ? Math.min(leftMs, probeMs) : leftMs, this.#over.signal);
      this.probe();
    }
    return !this.mustEnd;
  }

  get #needsProbes(): boolean {
    return [...this.#watched].some(({ isScheduler }) => isScheduler);
  }

  #died({ process, isScheduler }: Watched, { how, reason }: Death): void {
    for (const watched of this.#watched) if (watched.process === process) this.#watched.delete(watched);
    const { name, pid } = process;
    const { when, stepsDone } = this.progress;
    const atMs = this.#book.nowMs();
    this.#book.end({ name, isScheduler, pid, atMs, when, stepsDone, steps: this.#steps, how, reason });
    this.#over.abort();
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const { process } of this.#watched) process.release();
    this.#watched.clear();
  }
}

const abortedError = (): CorralError => new CorralError("ABORTED", "the run was ended by its caller");

const deadError = (ended: readonly EndedProcess[]): CorralError =>
  new CorralError("PROCESS_GONE", `${ended[0]?.name ?? "a supervised process"} has ended`);
