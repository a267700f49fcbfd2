import type { Room } from "../memory/index.ts";
import { AdmissionQueue } from "../memory/index.ts";
import type { SessionSpec } from "../model/index.ts";
import { sessionClasses } from "../model/index.ts";
import type { Tell } from "./guard-event.ts";

export interface AdmissionOptions {
  /** What memory there is now; null: nobody knows, and nobody waits. */
  readonly room: () => Room | null;
  /** Milliseconds that a call waits at most; 0: none does. */
  readonly mostMs: () => number;
  readonly tell: Tell;
}

/** Milliseconds between two looks at the room while somebody waits. */
const everyMs = 250;

/** Has tool calls wait until there is memory for what they say that they need. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #queue = new AdmissionQueue();
  readonly #go = new Map<string, () => void>();
  readonly #queued = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #count = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Resolves when a call may begin: at once when it does not say what it needs.
   * @param gone aborted: its client does not want it any more
   */
  admit({ name, class: sessionClass }: SessionSpec, needBytes: number | null, gone: AbortSignal): Promise<void> {
    if (needBytes === null || gone.aborted || this.#options.mostMs() === 0 || this.#options.room() === null)
      return Promise.resolve();
    this.#count += 1;
    const id = String(this.#count);
    const { rank } = sessionClasses[sessionClass];
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#queue.drop(id);
        this.#queued.delete(id);
        this.#go.delete(id);
        resolve();
      };
      gone.addEventListener("abort", leave, { once: true });
      this.#go.set(id, () => {
        gone.removeEventListener("abort", leave);
        this.#go.delete(id);
        resolve();
      });
      this.#queue.add({ id, session: name, rank, needBytes, sinceMs: performance.now() });
      this.#step();
      if (!this.#go.has(id)) return;
      this.#queued.add(id);
      this.#tellQueued(name, needBytes);
    });
  }

  #tellQueued(session: string, need_bytes: number): void {
    const { headroomBytes = 0, reserveBytes = 0 } = this.#options.room() ?? {};
    this.#options.tell({
      event: "TOOL_QUEUED",
      session,
      need_bytes,
      headroom_bytes: headroomBytes,
      reserve_bytes: reserveBytes,
    });
  }

  readonly #step = (): void => {
    const room = this.#options.room() ?? { headroomBytes: Number.POSITIVE_INFINITY, reserveBytes: 0 };
    for (const one of this.#queue.step(performance.now(), room, this.#options.mostMs())) {
      const { id, session, reason, needBytes, headroomBytes, waitedMs } = one;
      // One that found room when it came has never waited.
      if (this.#queued.delete(id))
        this.#options.tell({
          event: "TOOL_ADMITTED",
          session,
          reason,
          need_bytes: needBytes,
          headroom_bytes: Number.isFinite(headroomBytes) ? headroomBytes : null,
          waited_ms: Math.round(waitedMs),
        });
      this.#go.get(id)?.();
    }
    this.#tick();
  };

  #tick(): void {
    if (this.#queue.length > 0) this.#timer ??= setInterval(this.#step, everyMs);
    else this.close();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
