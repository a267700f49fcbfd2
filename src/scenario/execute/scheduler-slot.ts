import { CorralError } from "../../report/index.ts";
import type { Clock } from "../clock/index.ts";
import type { ResolvedScheduler } from "../resolve/index.ts";
import type { EngineLimits } from "./limits.ts";
import type { Liveness } from "./liveness.ts";
import { madeInTime } from "./made-in-time.ts";
import type { RunningScheduler, SchedulerSource } from "./ports.ts";

interface SlotParts {
  readonly clock: Clock;
  readonly source: SchedulerSource;
  readonly liveness: Liveness;
  readonly limits: Pick<EngineLimits, "startWaitMs">;
}

/** The one scheduler that a run may have at a time. */
export class SchedulerSlot {
  readonly #parts: SlotParts;
  #running: RunningScheduler | null = null;

  constructor(parts: SlotParts) {
    this.#parts = parts;
  }

  get name(): string | null {
    return this.#running?.name ?? null;
  }

  /** @throws CorralError SCHEDULER_UNAVAILABLE, also while one runs; START_FAILED, ABORTED, PROCESS_GONE as every start */
  async attach(scheduler: ResolvedScheduler): Promise<void> {
    if (this.#running !== null) {
      throw new CorralError("SCHEDULER_UNAVAILABLE", `the scheduler ${this.#running.name} runs already`, {
        object: scheduler.name,
        fix: "use replace_scheduler, or detach it first",
      });
    }
    this.#running = await madeInTime(this.#parts, {
      make: () => this.#parts.source.attach(scheduler),
      undo: (late) => late.stop(),
      what: `the scheduler ${scheduler.name} was`,
    });
    this.#parts.liveness.supervise(this.#running, true);
  }

  /** @throws CorralError SCHEDULER_ENDED when none runs */
  async detach(): Promise<void> {
    const running = this.#running;
    if (running === null) {
      throw new CorralError("SCHEDULER_ENDED", "no scheduler runs that could be taken out", {
        fix: "attach one first",
      });
    }
    this.#running = null;
    this.#parts.liveness.release(running);
    await running.stop();
  }

  async replace(scheduler: ResolvedScheduler): Promise<void> {
    await this.detach();
    await this.attach(scheduler);
  }

  /** At the end of a run. */
  async close(): Promise<void> {
    if (this.#running !== null) await this.detach();
  }
}
