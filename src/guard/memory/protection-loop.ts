import type { MemorySettings } from "../model/index.ts";
import { memoryThresholds } from "../model/index.ts";
import type { Decision } from "./decision.ts";
import { FaultPolicy } from "./fault-policy.ts";
import { KeptFiles } from "./kept-files.ts";
import { readBounds } from "./memory-bounds.ts";
import type { DoneDecision, ProtectionStatus, ProtectorStart } from "./messages.ts";
import { OomBias } from "./oom-bias.ts";
import { openPolicy } from "./open-policy.ts";
import type { Place, Targets } from "./place.ts";
import { selectTargets } from "./place.ts";
import type { ProtectionPolicy } from "./policy.ts";
import { KernelReader } from "./read-kernel.ts";
import type { Readings } from "./readings.ts";
import { isSpared, sparedGroups } from "./spared-groups.ts";
import { Wakes } from "./wakes.ts";
import { WriteDesk } from "./write-desk.ts";

const nowNs = (): bigint => process.hrtime.bigint();

/** Milliseconds between two looks at who is in the sessions, for what can wait. */
const biasEveryMs = 250;
/** A session of short tool calls alone is empty between them: it counts as there for so long. */
const vacantMs = 1000;
/** While there is nobody to take memory from. */
const quietEveryMs = 500;
/** Files that were not read for so long are closed. */
const sweepEveryMs = 5000;
/** No look comes sooner after the one before, however much wakes us. */
const shortestMs = 5;

export interface LoopSinks {
  /** Before a tool call is killed: who hears of its end must know why. */
  readonly onKill: (group: string) => void;
  readonly onDecision: (decision: DoneDecision) => void;
}

/** Looks, decides and does it, until it is closed. It is the only one that writes what it writes. */
export class ProtectionLoop {
  readonly #start: ProtectorStart;
  readonly #sinks: LoopSinks;
  readonly #desk = new WriteDesk();
  readonly #bias = new OomBias();
  readonly #files = new KeptFiles();
  readonly #kernel = new KernelReader(this.#files.read);
  readonly #wakes: Wakes;
  #settings: MemorySettings;
  #places: readonly Place[];
  #spared: readonly string[];
  #policy: ProtectionPolicy;
  /** When each place had processes for the last time. */
  readonly #populatedMs = new Map<string, number>();
  readonly #faults: FaultPolicy | null;
  #targets: Targets = { protects: [], domains: [] };
  #watched = "";
  #last: Readings | null = null;
  #timer: NodeJS.Timeout | null = null;
  #dueMs = 0;
  #lookedMs = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  #biasedMs = 0;
  #sweptMs = 0;
  #looks = 0;
  #latestMs = 0;

  constructor(start: ProtectorStart, sinks: LoopSinks) {
    this.#start = start;
    this.#sinks = sinks;
    this.#settings = start.settings;
    this.#places = start.places;
    this.#spared = sparedGroups(start.mountPoint);
    this.#policy = openPolicy(start.settings.policy);
    this.#faults = start.faults === null ? null : new FaultPolicy(start.faults);
    this.#wakes = new Wakes(start.mountPoint, () => this.#wake());
    this.#beginTicks();
    this.look();
  }

  setPlaces(places: readonly Place[]): void {
    const gone = this.#places.filter(({ directory }) => !places.some((one) => one.directory === directory));
    this.#places = places;
    this.#spared = sparedGroups(this.#start.mountPoint);
    for (const { directory } of gone) {
      this.#desk.restore(directory);
      this.#populatedMs.delete(directory);
    }
    if (!this.#settings.dryRun) this.#desk.reassert(places);
    this.look();
  }

  /** Another policy begins with nothing held. */
  setSettings(settings: MemorySettings): void {
    const { policy, dryRun, tickMs } = this.#settings;
    this.#settings = settings;
    if (settings.policy !== policy || settings.dryRun !== dryRun) {
      this.#takeBack();
      this.#policy = openPolicy(settings.policy);
    }
    if (settings.tickMs !== tickMs) this.#beginTicks();
    this.look();
  }

  status(): ProtectionStatus {
    return {
      limitBytes: this.#last?.limitBytes ?? 0,
      headroomBytes: this.#last?.headroomBytes ?? 0,
      boundBy: this.#last?.boundBy ?? "host",
      protects: this.#targets.protects.map(({ name }) => name),
      stages: [...this.#policy.stages()],
      spared: this.#places.filter(({ directory }) => isSpared(directory, this.#spared)).map(({ name }) => name),
      looks: this.#looks,
      latestMs: Math.round(this.#latestMs),
      means: this.#wakes.means,
    };
  }

  /** Takes everything back. @returns what could not be put back */
  async close(): Promise<readonly string[]> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const failed = this.#takeBack();
    this.#files.close();
    await this.#wakes.close();
    return failed;
  }

  #takeBack(): readonly string[] {
    this.#bias.restoreAll();
    return this.#desk.restore(null);
  }

  #beginTicks(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#dueMs = performance.now() + this.#settings.tickMs;
    this.#timer = setInterval(() => this.#tick(), this.#settings.tickMs);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#latestMs = Math.max(this.#latestMs, nowMs - this.#dueMs);
    this.#dueMs = nowMs + this.#settings.tickMs;
    this.look();
  }

  #wake(): void {
    if (performance.now() - this.#lookedMs >= shortestMs) this.look();
  }

  look(): void {
    const { root, mountPoint } = this.#start;
    this.#lookedMs = performance.now();
    this.#looks += 1;
    this.#sweep();
    this.#retarget();
    if (this.#isQuiet()) return;
    this.#readMs = this.#lookedMs;
    const nearShare =
      this.#last === null ? 1 : this.#thresholds(this.#last.limitBytes).attendBytes / this.#last.limitBytes;
    const bounds = readBounds(root, mountPoint, nearShare, this.#files.read);
    const read = this.#kernel.targets(this.#targets, { tools: this.#policy.wantsTools, faults: this.#faults !== null });
    const readings: Readings = {
      nowMs: Number(nowNs()) / 1e6,
      ...bounds,
      rootStallUs: this.#kernel.stallUs(root),
      ...read,
      // Nothing is frozen in a dry run: it counts as done at once.
      domains: this.#settings.dryRun ? read.domains.map((one) => ({ ...one, frozen: true })) : read.domains,
      places: this.#places,
    };
    this.#last = readings;
    const decisions = [...this.#policy.step(readings, this.#settings), ...(this.#faults?.step(readings) ?? [])];
    for (const decision of decisions) this.#do(decision);
    this.#biasNow();
  }

  #sweep(): void {
    if (this.#lookedMs - this.#sweptMs < sweepEveryMs) return;
    this.#sweptMs = this.#lookedMs;
    this.#files.sweep();
  }

  /** Nobody is there to take memory from, and a moment ago it was the same. */
  #isQuiet(): boolean {
    const isBusy = this.#targets.domains.length > 0 || this.#policy.stages().size > 0 || this.#faults !== null;
    return !isBusy && this.#lookedMs - this.#readMs < quietEveryMs;
  }

  #thresholds(limitBytes: number): ReturnType<typeof memoryThresholds> {
    return memoryThresholds(this.#settings, limitBytes);
  }

  #retarget(): void {
    for (const { directory } of this.#places)
      if (this.#kernel.isPopulated(directory)) this.#populatedMs.set(directory, this.#lookedMs);
    this.#targets = selectTargets(
      this.#places,
      ({ directory }) => this.#lookedMs - (this.#populatedMs.get(directory) ?? Number.NEGATIVE_INFINITY) < vacantMs,
      ({ directory }) => isSpared(directory, this.#spared),
      this.#start.mode,
    );
    const groups = [
      ...this.#targets.protects.map(({ name }) => name),
      "|",
      ...this.#targets.domains.map(({ key }) => key),
    ];
    const watched = groups.join(" ");
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#wakes.watch(this.#start.root, this.#targets);
  }

  #do(decision: Decision): void {
    const { dryRun, policy } = this.#settings;
    const decidedNs = nowNs();
    if (decision.kill !== null && !dryRun) this.#sinks.onKill(decision.kill);
    const failed = dryRun
      ? []
      : [...this.#desk.apply(decision.writes), ...(decision.kill === null ? [] : this.#desk.kill(decision.kill))];
    this.#sinks.onDecision({ ...decision, policy, decidedNs, dryRun, failed });
  }

  /** Only where the policy may come to the point at which it counts. */
  #biasNow(): void {
    const { policy, dryRun, oomBias } = this.#settings;
    if (policy !== "two-stage" || dryRun || this.#lookedMs - this.#biasedMs < biasEveryMs) return;
    this.#biasedMs = this.#lookedMs;
    this.#bias.apply(this.#targets, oomBias);
  }
}
