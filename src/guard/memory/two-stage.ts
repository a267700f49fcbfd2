import type { MemorySettings } from "../model/index.ts";
import { memoryThresholds } from "../model/index.ts";
import type { Decision, Stage } from "./decision.ts";
import type { DomainState } from "./domain-state.ts";
import { isStopped } from "./domain-state.ts";
import type { Moment } from "./moment.ts";
import { move } from "./moment.ts";
import { PeakReserve } from "./peak-reserve.ts";
import type { ProtectionPolicy } from "./policy.ts";
import type { Readings } from "./readings.ts";
import { StallWindow } from "./stall-window.ts";
import { calmSteps } from "./two-stage-calm.ts";
import { leashSteps } from "./two-stage-leash.ts";
import { pressureSteps } from "./two-stage-pressure.ts";
import { freezeWrites, releaseWrites } from "./writes.ts";

/**
 * Clamps lower classes to what they have when memory becomes scarce, then freezes them one by one, kills tool calls when nothing
 * else is left, and takes all of it back, one session after the other, when there is room again.
 *
 *     normal --clamp--> clamped --freeze--> freezing --frozen--> frozen
 *       ^---release-------' ^-------------thaw-------------'---------'
 */
export class TwoStage implements ProtectionPolicy {
  readonly #states = new Map<string, DomainState>();
  readonly #stall = new StallWindow();
  readonly #reserve = new PeakReserve();
  readonly #last = {
    letGoMs: Number.NEGATIVE_INFINITY,
    killMs: Number.NEGATIVE_INFINITY,
    exhausted: false,
    protectedBytes: Number.POSITIVE_INFINITY,
  };
  #calmSinceMs: number | null = null;

  get wantsTools(): boolean {
    return [...this.#states.values()].some(isStopped);
  }

  stages(): ReadonlyMap<string, Stage> {
    const touched = [...this.#states].filter(([, { stage }]) => stage !== "normal");
    return new Map(touched.map(([key, { stage }]) => [key, stage]));
  }

  step(readings: Readings, settings: MemorySettings): readonly Decision[] {
    const { nowMs, protects, headroomBytes } = readings;
    const suffered = {
      ...this.#stall.take(nowMs, protects, settings.stallWindowMs),
      reserveBytes: this.#reserve.take(nowMs, protects, settings.reserveWindowMs),
    };
    const thresholds = memoryThresholds(settings, readings.limitBytes);
    const decisions: Decision[] = [];
    const moment: Moment = {
      readings,
      settings,
      thresholds,
      suffered,
      freeBytes: headroomBytes - suffered.reserveBytes,
      states: this.#states,
      decisions,
      last: this.#last,
    };
    this.#dropOthers(moment);
    this.#renewDomains(readings);
    pressureSteps(moment);
    calmSteps(moment, this.#calmForMs(moment));
    leashSteps(moment);
    this.#last.protectedBytes = protects.reduce((sum, { currentBytes }) => sum + currentBytes, 0);
    return decisions;
  }

  /** For how long all has been well; null: it is not. */
  #calmForMs({ readings, settings, thresholds, suffered, freeBytes }: Moment): number | null {
    const isStalling = (suffered.stallShare ?? 0) * 100 > settings.clampStallPercent;
    const attends = freeBytes < thresholds.attendBytes;
    const isCalm = freeBytes > thresholds.releaseBytes && !(attends && (isStalling || suffered.hits > 0));
    this.#calmSinceMs = isCalm ? (this.#calmSinceMs ?? readings.nowMs) : null;
    return this.#calmSinceMs === null ? null : readings.nowMs - this.#calmSinceMs;
  }

  /** Limits of a session may have changed since. */
  #renewDomains({ domains }: Readings): void {
    for (const { domain } of domains) {
      const state = this.#states.get(domain.key);
      if (state !== undefined) this.#states.set(domain.key, { ...state, domain });
    }
  }

  /** Lets go at once whom nobody needs protection from any more, and forgets what is gone. */
  #dropOthers(moment: Moment): void {
    const { readings, states } = moment;
    for (const [key, state] of [...states]) {
      if (readings.domains.some(({ domain }) => domain.key === key)) continue;
      if (state.stage !== "normal") {
        const isThere = readings.places.some(({ directory }) => directory === state.domain.place.directory);
        move(
          moment,
          { ...state, stage: "normal" },
          {
            action: isThere ? "release" : "forget",
            reason: isThere ? "not_needed" : "gone",
            threshold: null,
            writes: [...freezeWrites(state.domain, false), ...releaseWrites(state.domain)],
            weight: isThere ? "standing" : null,
          },
        );
      }
      states.delete(key);
    }
  }
}
