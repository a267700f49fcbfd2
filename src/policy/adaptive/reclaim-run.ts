import type { GroupPlace } from "../../cgroup/index.ts";
import { readSwapSpace } from "../../kernel/index.ts";
import type { Actions } from "../actions/index.ts";
import type { ActionResult, SignalMeans, SignalSources } from "../model/index.ts";
import type { AdaptiveStarted, ReclaimStep, ReclaimSummary } from "./documents.ts";
import { lineOf } from "./documents.ts";
import type { GroupLook } from "./group-look.ts";
import { lookAtGroup, reclaimPlace } from "./group-look.ts";
import { elapsedMs, pause } from "./pause.ts";
import type { ReclaimDecision, ReclaimState, ReclaimTuning } from "./reclaim-law.ts";
import { cacheReasons, decideReclaim, firstState, waitReasons } from "./reclaim-law.ts";

export interface ReclaimRequest {
  /** Path of the group below the mount. */
  readonly path: string;
  readonly tuning: ReclaimTuning;
  /** Decide and tell, but take nothing. */
  readonly dryRun: boolean;
  readonly actions: Pick<Actions, "performOnGroup">;
  readonly signals: SignalSources;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Longest window of a PSI trigger. */
const mostWindowUs = 10_000_000;

interface Totals {
  intervals: number;
  reclaims: number;
  aboveTarget: number;
  stallMost: number;
  asked: number;
  reclaimed: number;
}

/** What was done in one interval. */
interface Took {
  readonly asked: number;
  readonly cacheOnly: boolean;
  readonly result: ActionResult | null;
  readonly reason: string;
}

/** Proactive reclaim of one group: a line per interval while its steps are asked for, and what it came to. */
export class ReclaimRun {
  readonly #request: ReclaimRequest;
  readonly #place: GroupPlace;
  readonly #first: GroupLook;
  readonly #cpu = process.cpuUsage();
  readonly #totals: Totals = { intervals: 0, reclaims: 0, aboveTarget: 0, stallMost: 0, asked: 0, reclaimed: 0 };
  #last: GroupLook;
  #why = "it was stopped";
  /** The kernel refuses to take page cache only. */
  #noCacheOnly = false;

  /** @throws CorralError as reclaimPlace does */
  constructor(request: ReclaimRequest) {
    this.#request = request;
    this.#place = reclaimPlace(request.path);
    this.#first = lookAtGroup(this.#place) as GroupLook;
    this.#last = this.#first;
  }

  /** Lines until the signal is aborted or the group is gone. */
  async *steps(): AsyncGenerator<AdaptiveStarted | ReclaimStep, void, undefined> {
    const { path, tuning, dryRun, signal } = this.#request;
    let slice = new AbortController();
    const windowUs = Math.min(mostWindowUs, tuning.intervalMs * 1000);
    const watch = this.#watchPressure(windowUs, () => slice.abort());
    try {
      yield this.#started(watch.means, dryRun);
      let state: ReclaimState = firstState;
      for (;;) {
        await pause(tuning.intervalMs, signal);
        const look = signal.aborted ? null : lookAtGroup(this.#place);
        if (look === null) {
          if (!signal.aborted) this.#why = `the group ${path} is gone`;
          return;
        }
        const stallShare = this.#stallSince(look);
        const decided = decideReclaim(state, { ...look, ...swapNow(this.#last, look), stallShare }, tuning);
        state = decided.state;
        slice = new AbortController();
        const took = await this.#take(decided.decision, AbortSignal.any([signal, slice.signal]));
        yield this.#step(look, stallShare, took);
        this.#last = look;
      }
    } finally {
      watch.close();
    }
  }

  /** Stall above the target stops a reclaim that is under way. */
  #watchPressure(windowUs: number, onStall: () => void) {
    const { path, tuning, signals } = this.#request;
    const trigger = { windowUs, stallUs: Math.max(1, Math.round(tuning.targetShare * windowUs)) };
    return signals.watch(
      { subject: { kind: "group", path }, metric: "pressure_memory_some", trigger, everyMs: null },
      ({ value }) => {
        if (value >= trigger.stallUs) onStall();
      },
    );
  }

  #started({ mechanism, reason }: SignalMeans, dryRun: boolean): AdaptiveStarted {
    const line = lineOf("started", this.#request.path);
    return { ...line, policy: "proactive-reclaim", mechanism, mechanism_reason: reason, dry_run: dryRun };
  }

  #stallSince(look: GroupLook): number {
    const share = (look.stallUs - this.#last.stallUs) / 1000 / elapsedMs(this.#last.atNs, look.atNs);
    this.#totals.intervals += 1;
    this.#totals.stallMost = Math.max(this.#totals.stallMost, share);
    if (share > this.#request.tuning.targetShare) this.#totals.aboveTarget += 1;
    return share;
  }

  async #take(decision: ReclaimDecision, signal: AbortSignal): Promise<Took> {
    const nothing = { asked: 0, cacheOnly: false, result: null };
    if (decision.decision === "wait") return { ...nothing, reason: waitReasons[decision.why] };
    const { bytes, cacheOnly } = decision;
    if (cacheOnly !== null && this.#noCacheOnly)
      return { ...nothing, reason: `${cacheReasons[cacheOnly]}, and this kernel takes no page cache alone` };
    const action = {
      do: "reclaim",
      bytes,
      fractionOfCurrent: null,
      swappiness: cacheOnly === null ? null : 0,
    } as const;
    const context = { requestId: "", ackTimeoutMs: 0, dryRun: this.#request.dryRun, othersInGroup: true, signal };
    const result = await this.#request.actions.performOnGroup(action, this.#request.path, context);
    if (cacheOnly !== null && result.errno === "EINVAL") this.#noCacheOnly = true;
    const about = cacheOnly === null ? result.reason : `${result.reason}; page cache only: ${cacheReasons[cacheOnly]}`;
    return { asked: bytes, cacheOnly: cacheOnly !== null, result, reason: about };
  }

  #step(look: GroupLook, stallShare: number, { asked, cacheOnly, result, reason }: Took): ReclaimStep {
    const reclaimed = result?.amountBytes ?? null;
    if (result !== null) this.#totals.reclaims += 1;
    this.#totals.asked += asked;
    this.#totals.reclaimed += reclaimed ?? 0;
    return {
      ...lineOf("reclaim", this.#request.path),
      step: this.#totals.intervals,
      current_bytes: look.currentBytes,
      swap_bytes: look.swapBytes,
      stall_share: stallShare,
      asked_bytes: asked,
      reclaimed_bytes: reclaimed,
      cache_only: cacheOnly,
      outcome: result?.outcome ?? null,
      reason,
      took_ms: result === null ? 0 : elapsedMs(result.startedNs, result.finishedNs),
      refaults_anon: look.refaultsAnon - this.#last.refaultsAnon,
      refaults_file: look.refaultsFile - this.#last.refaultsFile,
    };
  }

  /** What it has come to so far. */
  summary(): ReclaimSummary {
    const first = this.#first;
    const now = lookAtGroup(this.#place) ?? this.#last;
    const { user, system } = process.cpuUsage(this.#cpu);
    const durationMs = elapsedMs(first.atNs, process.hrtime.bigint());
    const { intervals, reclaims, aboveTarget, stallMost, asked, reclaimed } = this.#totals;
    return {
      ...lineOf("reclaim_summary", this.#request.path),
      why: this.#why,
      duration_sec: durationMs / 1000,
      intervals,
      reclaims,
      before_bytes: first.currentBytes,
      after_bytes: now.currentBytes,
      saved_share: first.currentBytes === 0 ? 0 : 1 - now.currentBytes / first.currentBytes,
      swap_bytes: now.swapBytes,
      asked_bytes: asked,
      reclaimed_bytes: reclaimed,
      target_share: this.#request.tuning.targetShare,
      stall_share: (now.stallUs - first.stallUs) / 1000 / durationMs,
      stall_share_most: stallMost,
      intervals_above_target: aboveTarget,
      refaults_anon: now.refaultsAnon - first.refaultsAnon,
      refaults_file: now.refaultsFile - first.refaultsFile,
      corral_cpu_ms: (user + system) / 1000,
    };
  }
}

/** How the swap stands, and how fast it was written to between two looks. */
function swapNow(before: GroupLook, now: GroupLook) {
  const { totalBytes, freeBytes, inMemory } = readSwapSpace();
  return {
    swapoutBytesPerSec: ((now.swapoutBytes - before.swapoutBytes) * 1000) / elapsedMs(before.atNs, now.atNs),
    freeSwapShare: totalBytes === 0 ? 0 : freeBytes / totalBytes,
    swapInMemory: inMemory,
  };
}
