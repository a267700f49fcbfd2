import { CorralError } from "../../report/index.ts";
import type { Actions } from "../actions/index.ts";
import { measureProcess, openActions } from "../actions/index.ts";
import type { Act, Decision, EngineInput } from "../engine/index.ts";
import type { EnrolledWorkloads, SignalSources, SignalWatch } from "../model/index.ts";
import { openSignals } from "../signals/index.ts";
import type { PolicyEvent } from "./policy-event.ts";

type Untimed<T> = T extends unknown ? Omit<T, "nowNs"> : never;

/** An input that is told its time when it arrives. */
export type Told = Untimed<Exclude<EngineInput, { readonly kind: "rules" }>>;

export interface HandsOptions {
  readonly workloads: EnrolledWorkloads | null;
  /** Is told the answers; never while a decision is handed over. */
  readonly answer: (input: Told) => void;
  readonly onEvent: (event: PolicyEvent) => void;
}

type Deed = Exclude<Decision, { readonly kind: "settled" | "record" }>;

/** Does what the engine decides, and brings back the answers. */
export class Hands {
  readonly #options: HandsOptions;
  readonly #actions: Actions;
  readonly #signals: SignalSources = openSignals();
  readonly #acting = new Map<string, AbortController>();
  readonly #watches = new Map<number, SignalWatch>();
  #onIdle: (() => void) | null = null;
  /** What was told of watches already. */
  readonly #told = new Set<string>();

  constructor(options: HandsOptions) {
    this.#options = options;
    this.#actions = openActions({ workloads: options.workloads });
  }

  /** Resolves when no action is under way, or after so many milliseconds. */
  async idle(limitMs: number): Promise<void> {
    if (this.#acting.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  do(deed: Deed): void {
    switch (deed.kind) {
      case "act":
        return void this.#act(deed);
      case "cancel":
        return this.#acting.get(deed.requestId)?.abort();
      case "watch":
        return this.#watch(deed);
      case "unwatch":
        this.#watches.get(deed.watchId)?.close();
        this.#watches.delete(deed.watchId);
        return undefined;
      case "look": {
        const { lookId, identity } = deed;
        return queueMicrotask(() =>
          this.#options.answer({ kind: "measured", lookId, measure: measureProcess(identity) }),
        );
      }
    }
  }

  async #act({ requestId, action, target, ackTimeoutMs, othersInGroup, dryRun }: Act): Promise<void> {
    const abort = new AbortController();
    this.#acting.set(requestId, abort);
    const context = { requestId, ackTimeoutMs, othersInGroup, dryRun, signal: abort.signal };
    const result = await this.#actions.perform(action, target, context);
    this.#acting.delete(requestId);
    // The answer may begin another.
    this.#options.answer({ kind: "result", requestId, result });
    if (this.#acting.size === 0) this.#onIdle?.();
  }

  #watch({ watchId, want }: Extract<Deed, { readonly kind: "watch" }>): void {
    const end = (reason: string): void => {
      this.#watches.delete(watchId);
      this.#options.answer({ kind: "unwatchable", watchId, reason });
    };
    try {
      const watch = this.#signals.watch(
        want,
        (sample) => this.#options.answer({ kind: "sample", watchId, sample }),
        end,
      );
      this.#watches.set(watchId, watch);
      this.#tellOnce(`${want.metric} ${watch.means.mechanism} ${watch.means.reason}`, {
        ...{ event: "watching", want, means: watch.means },
      });
    } catch (thrown) {
      const { message } = CorralError.from(thrown);
      this.#tellOnce(`${want.metric} ${message}`, { event: "warning", message });
      queueMicrotask(() => end(message));
    }
  }

  /** A rule for a thousand processes says the same of each. */
  #tellOnce(key: string, event: PolicyEvent): void {
    if (this.#told.has(key) || this.#told.size >= 1000) return;
    this.#told.add(key);
    this.#options.onEvent(event);
  }

  /** Puts back what was changed for a while, and stops watching. */
  async close(): Promise<void> {
    for (const abort of this.#acting.values()) abort.abort();
    for (const watch of this.#watches.values()) watch.close();
    this.#actions.close();
    await this.#signals[Symbol.asyncDispose]();
  }
}
