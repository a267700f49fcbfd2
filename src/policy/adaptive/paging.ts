import type { AdviceSlice, MemoryAdvice } from "../../kernel/index.ts";
import { nativeErrno } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Outcome } from "../model/index.ts";
import type { CompactSubject } from "./compact-subject.ts";
import { adviseSubject, cpuUsOf } from "./compact-subject.ts";
import { elapsedMs } from "./pause.ts";

/** How a part of an advice ended. `done`: there is no more; `budget`: for now; `woke`: the target works again. */
export type PartEnd = "done" | "budget" | "woke" | "failed";

export interface Part {
  readonly end: PartEnd;
  readonly advisedBytes: number;
  readonly tookMs: number;
  readonly longestMs: number;
  readonly outcome: Outcome;
  /** Of what failed; null otherwise. */
  readonly reason: string | null;
}

const refusals = new Set(["EPERM", "EACCES", "ENOSYS", "EINVAL"]);
/** CPU time is counted in ticks of 10 ms, so that one tick says little. */
const slackUs = 20_000;

/** An advice over all memory of a subject, done in parts: between any two calls of the kernel it can be left. */
export class Paging {
  readonly #subject: CompactSubject;
  readonly #slices: AsyncGenerator<AdviceSlice, void, undefined>;

  constructor(subject: CompactSubject, advice: MemoryAdvice) {
    this.#subject = subject;
    this.#slices = adviseSubject(subject, advice);
  }

  /** Goes on until the budget is spent, all is done, or the target uses more CPU time than an idle one. */
  async part(budgetMs: number, idleShare: number, signal: AbortSignal): Promise<Part> {
    const begunNs = process.hrtime.bigint();
    const cpuUs = cpuUsOf(this.#subject);
    const sum = { advisedBytes: 0, tookMs: 0, longestMs: 0 };
    const ended = (end: PartEnd, outcome: Outcome = "applied", reason: string | null = null): Part => ({
      end,
      outcome,
      reason,
      ...sum,
    });
    try {
      while (sum.tookMs < budgetMs) {
        if (signal.aborted) return ended("budget", "partial");
        const { value: slice, done } = await this.#slices.next();
        if (done === true || slice === undefined) return ended("done");
        sum.advisedBytes += slice.residentBytes;
        sum.tookMs += slice.tookMs;
        sum.longestMs = Math.max(sum.longestMs, slice.tookMs);
        const allowedUs = elapsedMs(begunNs, process.hrtime.bigint()) * 1000 * idleShare + slackUs;
        if (cpuUsOf(this.#subject) - cpuUs > allowedUs) return ended("woke", "partial");
      }
      return ended("budget", "partial");
    } catch (thrown) {
      const refused =
        refusals.has(nativeErrno(thrown) ?? "") || (thrown instanceof CorralError && thrown.code === "NATIVE_MISSING");
      return ended("failed", refused ? "rejected" : "error", CorralError.from(thrown).message);
    }
  }

  /** Leaves it as it is. */
  async leave(): Promise<void> {
    await this.#slices.return();
  }
}
