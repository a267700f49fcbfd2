import type { CpuAlert, CpuBackend, CpuBackendName, SchedulerCounters } from "../../cgroup/cpu/index.ts";
import { openCpuBackend } from "../../cgroup/cpu/index.ts";
import { CorralError } from "../../report/index.ts";
import type { CpuFallback, CpuSettings } from "../model/index.ts";
import type { GuardEvent, Tell } from "./guard-event.ts";
import type { LiveSession } from "./live-session.ts";
import { SchedulerMark } from "./scheduler-mark.ts";

export interface GuardCpuOptions {
  readonly sessions: () => readonly LiveSession[];
  /** Directory of the guard's own files. */
  readonly directory: string;
  /** Over the file's, from the command line; null: the file's. */
  readonly forced: CpuBackendName | null;
  readonly tell: Tell;
}

/** What the guard tells of its CPU backend. */
export interface CpuFacts {
  readonly backend: CpuBackendName;
  readonly wanted: CpuBackendName;
  /** Null: there was none since the backend was opened. */
  readonly fallback: CpuFallback | null;
  /** How often, since the guard began. */
  readonly fallbacks: Readonly<Record<CpuFallback["kind"], number>>;
  /** Of the scheduler that is loaded, or was last; null: none has told any. */
  readonly counters: SchedulerCounters | null;
}

/**
 * Puts the sessions under a CPU backend, and back under the kernel's own scheduler when the other one ends or cannot be had. Follows
 * the guard's events: whatever comes into a session comes under its backend. Weights and quotas need nothing of this: they stand in the
 * groups' files, by which both backends go.
 */
export class GuardCpu {
  readonly #options: GuardCpuOptions;
  readonly #mark: SchedulerMark;
  /** Groups of sessions that are under the backend, by name of the session. */
  readonly #groups = new Map<string, string>();
  readonly #boosted = new Set<string>();
  readonly #fallbacks = { refused: 0, died: 0, stalled: 0, ended: 0 };
  #settings: CpuSettings;
  /** Null: the guard only looks, or has not begun. */
  #backend: CpuBackend | null = null;
  #looking: NodeJS.Timeout | null = null;
  #fallback: CpuFallback | null = null;
  #counters: SchedulerCounters | null = null;
  #hasWarned = false;

  constructor(settings: CpuSettings, options: GuardCpuOptions) {
    this.#options = options;
    this.#settings = settings;
    this.#mark = new SchedulerMark(options.directory);
  }

  get facts(): CpuFacts {
    return {
      backend: this.#backend?.name ?? "fair",
      wanted: this.#wanted,
      fallback: this.#fallback,
      fallbacks: this.#fallbacks,
      counters: this.#counters,
    };
  }

  /** What is not as it was asked for, for people; null: nothing. */
  get problem(): string | null {
    return this.#fallback === null ? null : `the scx scheduler ${this.#fallback.kind}: ${this.#fallback.reason}`;
  }

  /** Opens the backend for all sessions that are there. Never fails: without the one that is wanted there is `fair`, and it is told. */
  async open(): Promise<void> {
    const isLeft = this.#mark.isSet();
    this.#fallback = null;
    this.#backend = await this.#openBackend();
    if (this.#backend.name === "fair") {
      if (isLeft) for (const { groups } of this.#options.sessions()) this.#release(groups.places.session);
      return this.#mark.clear();
    }
    this.#try(() => this.#mark.set());
    const adopted = this.#adoptAll();
    for (const session of this.#options.sessions()) await this.#boost(session);
    // It may have ended meanwhile, which was told.
    if (this.#isFair()) return;
    this.#looking = setInterval(() => this.#adoptAll(), this.#settings.scheduler.intervalMs).unref();
    const mode = this.#settings.scheduler.full ? "full" : "partial";
    this.#options.tell({ event: "SCHEDULER_LOADED", session: null, mode, adopted, boosted: [...this.#boosted] });
  }

  /** Uses other settings. A scheduler that has ended is loaded again. */
  async reload(settings: CpuSettings): Promise<void> {
    const before = this.#settings;
    const isSame = JSON.stringify(before.scheduler) === JSON.stringify(settings.scheduler);
    this.#settings = settings;
    if (isSame && this.facts.backend === this.#wanted) {
      for (const session of this.#options.sessions()) await this.#boost(session);
      return;
    }
    await this.close();
    await this.open();
  }

  /** Whatever comes into a session comes under its backend, whatever leaves with it goes back. Never throws. */
  onEvent(event: GuardEvent): void {
    if (this.#isFair() || event.session === null) return;
    const session = this.#options.sessions().find(({ spec }) => spec.name === event.session);
    if (event.event === "SESSION_REMOVED") this.#forget(event.session);
    if (session === undefined) return;
    const { places } = session.groups;
    if (event.event === "SESSION_CREATED") this.#adopt(places.session);
    if (event.event === "SESSION_CREATED" || event.event === "SESSION_CHANGED") void this.#boost(session);
    if (event.event === "PLACED") this.#adopt(places.framework);
    // Before it executes its command: what it starts inherits the scheduler.
    if (event.event === "TOOL_STARTED") this.#adopt(`${places.tools}/${event.call}`);
  }

  /**
   * Sets a group's share of the CPUs among its siblings, 1 to 10000, at once and under either backend. For those who lower a weight
   * for a time: the session's own is `spec.limits.cpuWeight`, and the restorer writes it when the guard dies. Nothing happens
   * in a guard that only looks.
   * @throws CorralError CGROUP_IO
   */
  setWeight(group: string, weight: number): void {
    this.#backend?.setWeight(group, weight);
  }

  /** Gives all tasks back to the kernel's own scheduler, weights as they are. Idempotent. */
  async close(): Promise<void> {
    this.#stopLooking();
    await this.#backend?.close();
    if (this.#backend !== null) this.#mark.clear();
    this.#backend = null;
  }

  #isFair(): boolean {
    return this.facts.backend === "fair";
  }

  get #wanted(): CpuBackendName {
    return this.#options.forced ?? this.#settings.backend;
  }

  async #openBackend(): Promise<CpuBackend> {
    const onAlert = (alert: CpuAlert): void => this.#fallBack(alert);
    try {
      return await openCpuBackend({
        backend: this.#wanted,
        scheduler: this.#settings.scheduler,
        onAlert,
        onSample: ({ counters }) => {
          this.#counters = counters;
        },
      });
    } catch (thrown) {
      const { message } = CorralError.from(thrown);
      this.#fallBack({ kind: "refused", reason: message, message: "", state: null });
      return openCpuBackend({ backend: "fair", onAlert });
    }
  }

  /** The tasks are the kernel's own scheduler's by now. */
  #fallBack({ kind, reason, message, state }: Pick<CpuAlert, "reason" | "message"> & FallbackFacts): void {
    this.#stopLooking();
    this.#mark.clear();
    this.#fallbacks[kind] += 1;
    this.#fallback = { time: new Date().toISOString(), kind, reason: `${reason} ${message}`.trim() };
    this.#options.tell({ event: "SCHEDULER_FALLBACK", session: null, kind, reason, message, state });
  }

  #stopLooking(): void {
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
    this.#groups.clear();
    this.#boosted.clear();
  }

  /** Tasks that others moved into a session come without a word. */
  #adoptAll(): number {
    return this.#options.sessions().reduce((sum, { spec, groups: { places } }) => {
      this.#groups.set(spec.name, places.session);
      return sum + this.#adopt(places.session);
    }, 0);
  }

  #adopt(group: string): number {
    if (this.#settings.scheduler.full) return 0;
    return this.#try(() => this.#backend?.adopt(group)) ?? 0;
  }

  #release(group: string): void {
    this.#try(() => this.#backend?.release(group));
  }

  #forget(session: string): void {
    const group = this.#groups.get(session);
    if (group !== undefined) this.#release(group);
    this.#groups.delete(session);
    this.#boosted.delete(session);
  }

  /** What a session's class gives its agent. Its calls have none: what they compute would use up what the agent answers with. */
  async #boost({ spec, groups: { places } }: LiveSession): Promise<void> {
    this.#groups.set(spec.name, places.session);
    const boost = this.#settings.boosts[spec.class];
    if (this.#isFair() || (boost === null && !this.#boosted.has(spec.name))) return;
    if (boost === null) this.#boosted.delete(spec.name);
    else this.#boosted.add(spec.name);
    const refused = await this.#backend?.boost(places.framework, boost ?? { budgetMs: 0, periodMs: 1 });
    // When the scheduler has ended meanwhile, that is told.
    if (refused == null || this.#isFair()) return;
    this.#boosted.delete(spec.name);
    this.#warn(spec.name, `its agent does not run ahead of its turn: ${refused}`);
  }

  /** A task that cannot be had stays with the kernel's own scheduler; it is told once. */
  #try<T>(work: () => T): T | null {
    try {
      return work();
    } catch (thrown) {
      if (!this.#hasWarned) this.#warn(null, CorralError.from(thrown).message);
      this.#hasWarned = true;
      return null;
    }
  }

  #warn(session: string | null, message: string): void {
    this.#options.tell({ event: "WARNING", session, message });
  }
}

interface FallbackFacts {
  readonly kind: CpuFallback["kind"];
  /** /sys/kernel/sched_ext/state; null: not asked. */
  readonly state: string | null;
}
