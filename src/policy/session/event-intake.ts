import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventSource, LifecycleEvent } from "../../events/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import type { Clock } from "../deadline/index.ts";
import type { LookedUp, PolicyEngine } from "../engine/index.ts";
import { lookUp } from "./look-up.ts";

/** Events that are taken at a time, and for how long: then deadlines, messages and timers get their turn. */
const batchEvents = 64;
const longestNs = 2_000_000n;

export interface IntakeParts {
  readonly source: EventSource;
  readonly clock: Clock;
  /** Says what must be looked up. */
  readonly engine: Pick<PolicyEngine, "needs" | "mayTake">;
  /** Is told of each exec before the event is. */
  readonly onExec: (identity: ProcessIdentity, timestampNs: bigint) => void;
  readonly onEvent: (event: LifecycleEvent, lookedUp: LookedUp | null) => void;
  /** Is called when what was read in one go has been told. */
  readonly onBatch: () => void;
}

/** Takes events from a source, with what /proc must be asked for. */
export class EventIntake {
  readonly #parts: IntakeParts;
  #unknownFiles = 0;
  #lost = 0;
  #telling = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Execs of which nobody told the file that runs. */
  get unknownFiles(): number {
    return this.#unknownFiles;
  }

  /** In the middle of a batch, when nothing may be taken. */
  get isTelling(): boolean {
    return this.#telling;
  }

  /** Events that were lost so far, by `newlyLost`. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Takes events until the source ends, a bounded batch at a time, however many wait.
   * @throws what ends the source with a failure
   */
  async follow(): Promise<void> {
    const { source, clock, onBatch } = this.#parts;
    while (await source.ready()) {
      const beganNs = clock.nowNs();
      let taken = 0;
      do taken = this.#takeBatch();
      while (taken === batchEvents && clock.nowNs() - beganNs < longestNs);
      onBatch();
      // What waits already would be taken without a turn for anything else.
      if (taken === batchEvents) await nextTurn();
    }
  }

  /** Takes everything that the kernel has told up to now: after that nobody is judged whose end is known. */
  readEmpty(): void {
    // First what waits: what is read then may need its room.
    while (this.#takeBatch() > 0);
    this.#parts.source.flush();
    while (this.#takeBatch() > 0);
  }

  /** Events that were lost since the last time it was asked. */
  newlyLost(): number {
    const { lost } = this.#parts.source.counters();
    const before = this.#lost;
    this.#lost = Object.values(lost).reduce((sum, count) => sum + count, 0);
    return this.#lost - before;
  }

  #takeBatch(): number {
    const events = this.#parts.source.take(batchEvents);
    const ended = events.length > 1 ? endedIn(events) : null;
    this.#telling = true;
    try {
      for (const event of events) this.#tell(event, ended?.has(event.tgid) === true);
    } finally {
      this.#telling = false;
    }
    return events.length;
  }

  #tell(event: LifecycleEvent, isOver: boolean): void {
    const { engine, onExec, onEvent } = this.#parts;
    if (event.kind === "exit") return onEvent(event, null);
    if (event.kind === "exec") {
      if (event.identity !== null) onExec(event.identity, event.timestampNs);
      if (event.exe === null) this.#unknownFiles += 1;
    }
    const needs = engine.needs();
    // Of what has ended /proc says nothing, or soon nothing.
    const isWanted = !isOver && (needs.groups || needs.cwd) && (event.kind === "exec" || needs.forks);
    onEvent(event, isWanted && engine.mayTake(event) ? lookUp(event.tgid, needs) : null);
  }
}

/** The pids whose processes end within a batch. */
function endedIn(events: readonly LifecycleEvent[]): ReadonlySet<number> {
  const ended = new Set<number>();
  for (const { kind, tgid } of events) if (kind === "exit") ended.add(tgid);
  return ended;
}
