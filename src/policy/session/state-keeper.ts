import { unlinkIfThere } from "../../kernel/files/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Clock } from "../deadline/index.ts";
import type { PolicyState } from "./state-file.ts";
import { atTheEnd, writeState, writeStateAside } from "./state-file.ts";

/** Least time between two writes. */
const leastMs = 250;
/** Making what is written costs at most this part of the time. */
const share = 50;
/** Written again after this although nothing changed: the time in it tells the next run how long this one is gone. */
const heartbeatMs = 60_000;

export interface StateKeeperParts {
  readonly clock: Clock;
  readonly path: string;
  /** What is to be kept now. */
  readonly state: () => PolicyState;
  readonly onError: (message: string) => void;
}

/** Writes the state soon after it changed, but not all the time, and without holding up the event loop. */
export class StateKeeper {
  readonly #parts: StateKeeperParts;
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #pauseMs = leastMs;
  #closed = false;

  constructor(parts: StateKeeperParts) {
    this.#parts = parts;
    this.#heartbeat = setInterval(() => this.noteChange(), heartbeatMs);
    this.#heartbeat.unref();
  }

  noteChange(): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const before = this.#writing;
      this.#writing = before.then(() => this.#write());
    }, this.#pauseMs);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    if (this.#closed) return;
    const { clock, path, state, onError } = this.#parts;
    const beganNs = clock.nowNs();
    const written = writeStateAside(path, state());
    this.#pauseMs = Math.max(leastMs, (Number(clock.nowNs() - beganNs) / 1e6) * share);
    try {
      await written;
    } catch (thrown) {
      onError(CorralError.from(thrown).message);
    }
  }

  /** Writes no more in the background; resolves when nothing is being written. Idempotent. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
  }

  /** After `stop`: writes what is left for the next run, and leaves nothing where nothing is. */
  writeLast(): void {
    const { path, state, onError } = this.#parts;
    const left = atTheEnd(state());
    try {
      if (left.kept.length === 0) unlinkIfThere(path);
      else writeState(path, left);
    } catch (thrown) {
      onError(CorralError.from(thrown).message);
    }
  }
}
