import type { Metric, SignalSources, SignalWatch } from "../../policy/index.ts";
import { openSignals } from "../../policy/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Targets } from "./place.ts";

/** What wakes the protection besides its tick, for its status. */
export interface WakeMeans {
  readonly group: string;
  readonly mechanism: string;
  readonly reason: string;
}

const rootTrigger = { stallUs: 20_000, windowUs: 200_000 };
const protectedTrigger = { stallUs: 10_000, windowUs: 200_000 };

/** Wakes the protection when the kernel tells of pressure or of limits that were reached. */
export class Wakes {
  readonly #signals: SignalSources = openSignals({ mostSources: 4096 });
  readonly #mountPoint: string;
  readonly #onWake: () => void;
  #watches = new Map<string, SignalWatch | null>();
  readonly #means = new Map<string, WakeMeans>();

  constructor(mountPoint: string, onWake: () => void) {
    this.#mountPoint = mountPoint;
    this.#onWake = onWake;
  }

  get means(): readonly WakeMeans[] {
    return [...this.#means.values()];
  }

  /** Watches these and no others. @param root the group that all are in */
  watch(root: string, { protects, domains }: Targets): void {
    const wanted = new Map<string, () => SignalWatch>();
    this.#want(wanted, root, "pressure_memory_some", rootTrigger);
    this.#want(wanted, root, "events_max", null);
    for (const { directory } of protects) {
      this.#want(wanted, directory, "pressure_memory_some", protectedTrigger);
      this.#want(wanted, directory, "events_high", null);
    }
    for (const { clamp } of domains) this.#want(wanted, clamp.directory, "events_high", null);
    for (const [key, watch] of this.#watches) {
      if (wanted.has(key)) continue;
      watch?.close();
      this.#drop(key);
    }
    for (const [key, open] of wanted) if (!this.#watches.has(key)) this.#open(key, open);
  }

  #drop(key: string): void {
    this.#watches.delete(key);
    this.#means.delete(key);
  }

  #want(
    wanted: Map<string, () => SignalWatch>,
    directory: string,
    metric: Metric,
    trigger: typeof rootTrigger | null,
  ): void {
    const key = `${directory} ${metric}`;
    const path = directory.slice(this.#mountPoint.length);
    const want = { subject: { kind: "group", path }, metric, trigger, everyMs: null } as const;
    wanted.set(key, () => this.#signals.watch(want, this.#onWake, () => this.#drop(key)));
  }

  #open(key: string, open: () => SignalWatch): void {
    const [group = ""] = key.split(" ");
    try {
      const watch = open();
      this.#watches.set(key, watch);
      this.#means.set(key, { group, ...watch.means });
    } catch (thrown) {
      // The tick looks all the same; tried again when the groups change.
      this.#watches.set(key, null);
      this.#means.set(key, { group, mechanism: "tick", reason: CorralError.from(thrown).message });
    }
  }

  async close(): Promise<void> {
    this.#watches = new Map();
    await this.#signals[Symbol.asyncDispose]();
  }
}
