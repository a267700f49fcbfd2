import { parseFlatKeyed, tryReadControl } from "../../cgroup/index.ts";
import { readSwapSpace } from "../../kernel/index.ts";
import type { Actions, ReclaimTuning, SignalSources } from "../../policy/index.ts";
import { openActions, openSignals, ReclaimRun, reclaimDefaults } from "../../policy/index.ts";
import { CorralError } from "../../report/index.ts";
import { IdleWatch } from "../memory/index.ts";
import { isVacant } from "../tree/index.ts";
import type { Tell } from "./guard-event.ts";
import type { LiveSession } from "./live-session.ts";

export interface IdleReclaimOptions {
  readonly sessions: () => readonly LiveSession[];
  readonly mountPoint: string;
  /** Milliseconds after which an idle framework counts as waiting; 0: nothing is taken back. */
  readonly idleMs: () => number;
  readonly tell: Tell;
}

const lookEveryMs = 1000;

/** Quicker than for a service that never waits: a model answers within seconds or minutes. Stall of 0.1 % ends a step (R24). */
const tuning: ReclaimTuning = {
  ...reclaimDefaults,
  intervalMs: 1000,
  ratio: 0.02,
  mostShare: 0.05,
  leastBytes: 32 * 2 ** 20,
  swapoutBytesPerSec: null,
};

/** A framework that is being taken memory back from. */
interface Reclaiming {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Takes memory back from agents that wait for their model, where there is swap for it to go to (R24). */
export class IdleReclaim {
  readonly #options: IdleReclaimOptions;
  readonly #watches = new Map<string, IdleWatch>();
  readonly #running = new Map<string, Reclaiming>();
  readonly #refused = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #means: { readonly actions: Actions; readonly signals: SignalSources } | null = null;

  constructor(options: IdleReclaimOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  #look(): void {
    const idleMs = this.#options.idleMs();
    const hasRoom = idleMs > 0 && readSwapSpace().freeBytes > 0;
    const live = new Map(hasRoom ? this.#options.sessions().map((one) => [one.spec.name, one]) : []);
    for (const name of [...this.#watches.keys(), ...this.#running.keys()]) if (!live.has(name)) this.#drop(name);
    for (const [name, session] of live) {
      const { framework } = session.groups.places;
      const cpuUs = parseFlatKeyed(tryReadControl(`${framework}/cpu.stat`)).get("usage_usec");
      if (cpuUs === undefined) continue;
      const watch = this.#watches.get(name) ?? new IdleWatch();
      this.#watches.set(name, watch);
      // A framework without processes does nothing either, and has nothing to give.
      const isIdle = watch.look(performance.now(), cpuUs) >= idleMs && !isVacant(framework);
      if (isIdle && !this.#running.has(name) && !this.#refused.has(name)) this.#begin(name, framework);
      else if (!isIdle) this.#running.get(name)?.stop.abort();
    }
  }

  #drop(name: string): void {
    this.#watches.delete(name);
    this.#refused.delete(name);
    this.#running.get(name)?.stop.abort();
  }

  #begin(session: string, framework: string): void {
    const stop = new AbortController();
    const done = this.#reclaim(session, framework, stop.signal)
      .catch((thrown: unknown) => {
        // It would be refused every second.
        this.#refused.add(session);
        const { message } = CorralError.from(thrown);
        this.#options.tell({ event: "WARNING", session, message: `nothing is taken back from it: ${message}` });
      })
      .finally(() => this.#running.delete(session));
    this.#running.set(session, { stop, done });
  }

  async #reclaim(session: string, framework: string, signal: AbortSignal): Promise<void> {
    this.#means ??= { actions: openActions({ workloads: null }), signals: openSignals() };
    const path = framework.slice(this.#options.mountPoint.length);
    const run = new ReclaimRun({ path, tuning, dryRun: false, ...this.#means, signal });
    for await (const _line of run.steps());
    const { before_bytes, after_bytes, reclaimed_bytes, stall_share, duration_sec } = run.summary();
    this.#options.tell({
      event: "RECLAIMED",
      session,
      before_bytes,
      after_bytes,
      reclaimed_bytes,
      stall_share,
      duration_sec,
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await this.#means?.actions[Symbol.asyncDispose]();
    await this.#means?.signals[Symbol.asyncDispose]();
  }
}
