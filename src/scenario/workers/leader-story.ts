import { getSystemErrorName } from "node:util";
import type { LeaderLine } from "./leader-line.ts";

/** What the leader has told so far. Workers of all its sets are counted on. */
export class LeaderStory {
  readonly statuses = new Map<number, number>();
  readonly isReady: Promise<void>;
  readonly allEnded: Promise<void>;
  readonly #onEnd: (index: number, waitStatus: number) => void;
  #ready: () => void = () => {};
  #allEnded: () => void = () => {};
  #saidReady = false;
  failure: string | null = null;

  constructor(onEnd: (index: number, waitStatus: number) => void) {
    this.#onEnd = onEnd;
    this.isReady = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.allEnded = new Promise((resolve) => {
      this.#allEnded = resolve;
    });
  }

  /** All workers wait, and none has ended. */
  get isWhole(): boolean {
    return this.#saidReady && this.statuses.size === 0;
  }

  hear(line: LeaderLine | null): void {
    if (line?.kind === "ended") {
      this.statuses.set(line.index, line.waitStatus);
      this.#onEnd(line.index, line.waitStatus);
    }
    if (line?.kind === "done") this.#allEnded();
    if (line?.kind === "fail") this.failure = `${line.call}: ${getSystemErrorName(-line.errno)}`;
    if (line?.kind === "ready") {
      this.#saidReady = true;
      this.#ready();
    }
  }

  close(): void {
    this.#ready();
    this.#allEnded();
  }
}
