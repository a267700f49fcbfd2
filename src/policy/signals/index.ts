/**
 * policy/signals: samples of the host, of groups and of processes, by an event of the kernel wherever it has one. What may
 * enter: wants in the words of the model. What it may not know: rules, thresholds that are combined, actions.
 */
import { CorralError } from "../../report/index.ts";
import type { Sample, SignalSources, SignalWant, SignalWatch } from "../model/index.ts";
import type { Counters } from "./event-file.ts";
import { Looks } from "./looks.ts";
import { serve, subjectName } from "./metrics.ts";
import type { Source } from "./source.ts";

export interface SignalOptions {
  /** How many different things are watched at most; each has up to one descriptor. Default 1024. */
  readonly mostSources?: number;
}

interface Listener {
  readonly want: SignalWant;
  readonly pick: (value: number | Counters) => number | null;
  readonly onSample: (sample: Sample) => void;
  readonly onEnd: (reason: string) => void;
}

/** One source with all who listen to it. */
interface Shared {
  readonly source: Source;
  readonly listeners: Set<Listener>;
  last: number | Counters | null;
}

const nowNs = (): bigint => process.hrtime.bigint();

function tell({ want, pick, onSample }: Listener, raw: number | Counters): void {
  const value = pick(raw);
  if (value !== null) onSample({ subject: want.subject, metric: want.metric, value, atNs: nowNs() });
}

class Sources implements SignalSources {
  readonly #looks = new Looks();
  readonly #shared = new Map<string, Shared>();
  readonly #most: number;
  #open = true;

  constructor({ mostSources = 1024 }: SignalOptions) {
    this.#most = mostSources;
  }

  watch(want: SignalWant, onSample: (sample: Sample) => void, onEnd: (reason: string) => void = () => {}): SignalWatch {
    if (!this.#open) throw new CorralError("INTERNAL", "the signals are closed");
    const { key, open, pick } = serve(want, this.#looks);
    const listener: Listener = { want, pick, onSample, onEnd };
    const shared = this.#shared.get(key) ?? this.#start(key, open, want);
    const { last } = shared;
    shared.listeners.add(listener);
    // Who comes later hears at once what the others know.
    if (last !== null) setImmediate(() => shared.listeners.has(listener) && tell(listener, last)).unref();
    return { means: shared.source.means, close: () => this.#drop(key, shared, listener) };
  }

  #start(key: string, open: ReturnType<typeof serve>["open"], want: SignalWant): Shared {
    if (this.#shared.size >= this.#most) {
      throw new CorralError("SIGNAL_UNAVAILABLE", `${this.#most} different things are watched already`, {
        object: `${want.metric} of ${subjectName(want.subject)}`,
        fix: "select fewer processes or groups",
      });
    }
    const listeners = new Set<Listener>();
    const source = open({
      value: (raw) => {
        shared.last = raw;
        for (const listener of [...listeners]) if (listeners.has(listener)) tell(listener, raw);
      },
      end: (reason) => {
        this.#shared.delete(key);
        const left = [...listeners];
        listeners.clear();
        for (const { onEnd } of left) onEnd(reason);
      },
    });
    const shared: Shared = { source, listeners, last: null };
    this.#shared.set(key, shared);
    return shared;
  }

  #drop(key: string, shared: Shared, listener: Listener): void {
    if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return;
    shared.source.close();
    this.#shared.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const { source, listeners } of this.#shared.values()) {
      listeners.clear();
      source.close();
    }
    this.#shared.clear();
  }
}

/** Opens the sources of signals. Dispose of them: each want holds a descriptor or a timer, none of which keeps the process alive. */
export const openSignals = (options: SignalOptions = {}): SignalSources => new Sources(options);
