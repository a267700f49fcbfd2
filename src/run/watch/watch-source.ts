import type { EventSource, LifecycleEvent, RefusedSource, SourceName } from "../../events/index.ts";
import { openEventSource } from "../../events/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Discovery } from "./config-types.ts";
import type { WatchEvent } from "./watch-event.ts";

/** Pause before an ended source is opened again: twice the one before, until a source has lived longer than the longest. */
const reopening = { firstMs: 1000, mostMs: 60_000 } as const;

export interface WatchSourceOptions {
  readonly discovery: Discovery;
  readonly onEvent: (event: LifecycleEvent) => void;
  /** The events have come back; what happened meanwhile was told by nobody. */
  readonly onReopened: () => void;
  readonly tell: (event: WatchEvent) => void;
}

/** Events handed over and events lost, since the watch began. */
export interface EventCounts {
  readonly told: number;
  readonly lost: number;
}

const noCounts: EventCounts = { told: 0, lost: 0 };

const countsOf = (source: EventSource): EventCounts => {
  const { told, lost } = source.counters();
  return { told, lost: Object.values(lost).reduce((sum, one) => sum + one, 0) };
};

const plus = (a: EventCounts, b: EventCounts): EventCounts => ({ told: a.told + b.told, lost: a.lost + b.lost });

/**
 * The events of a watch: the source that the kernel wakes, where the host has one. One that ends is opened again, later
 * and later, as long as that fails; scans go on meanwhile.
 */
export class WatchSource {
  readonly #options: WatchSourceOptions;
  #source: EventSource | null = null;
  #openedMs = 0;
  #error: string | null = null;
  #endedMs = 0;
  #ended = noCounts;
  #pauseMs: number = reopening.firstMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchSourceOptions) {
    this.#options = options;
  }

  /** Null: there are no events now. */
  get name(): SourceName | null {
    return this.#source?.name ?? null;
  }

  /** Why there are none any more; null while there are, and where there never were. */
  get error(): string | null {
    return this.#error;
  }

  get counts(): EventCounts {
    return this.#source === null ? this.#ended : plus(this.#ended, countsOf(this.#source));
  }

  /**
   * Opens the events, if there are to be any.
   * @returns the sources that cannot be used
   * @throws CorralError NATIVE_MISSING or NATIVE_CALL when there must be events and there are none
   */
  async open(): Promise<readonly RefusedSource[]> {
    const { discovery } = this.#options;
    if (discovery === "scan") return [];
    const prefer = discovery === "events" ? "kernel" : "auto";
    const { source, refused } = await openEventSource({ prefer });
    // A second scanner beside the watch's own would find nothing sooner.
    if (source.name === "polling" || this.#closed) await source.close();
    else this.#follow(source);
    return refused;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#source?.close();
  }

  #follow(source: EventSource): void {
    this.#source = source;
    this.#openedMs = Date.now();
    const read = async (): Promise<void> => {
      for await (const event of source) this.#options.onEvent(event);
    };
    read().catch((thrown: unknown) => this.#onEnd(source, CorralError.from(thrown).message));
  }

  #onEnd(source: EventSource, message: string): void {
    this.#ended = plus(this.#ended, countsOf(source));
    void source.close();
    this.#source = null;
    this.#error = message;
    this.#endedMs = Date.now();
    if (this.#endedMs - this.#openedMs > reopening.mostMs) this.#pauseMs = reopening.firstMs;
    this.#options.tell({ event: "source_ended", message, retry_ms: this.#pauseMs });
    this.#armReopening();
  }

  #armReopening(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#reopen(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, reopening.mostMs);
  }

  async #reopen(): Promise<void> {
    try {
      const refused = await this.open();
      if (this.#source === null) this.#error = refused[0]?.reason ?? this.#error;
    } catch (thrown) {
      this.#error = CorralError.from(thrown).message;
    }
    const { name } = this;
    if (name === null) {
      this.#armReopening();
      return;
    }
    this.#error = null;
    this.#options.tell({ event: "source_reopened", source: name, down_ms: Date.now() - this.#endedMs });
    this.#options.onReopened();
  }
}
