import { dwellOf, isHeld, isStopped } from "./domain-state.ts";
import type { Moment } from "./moment.ts";
import { byVictim, move } from "./moment.ts";
import { clampBytesOf, clampWrites, freezeWrites, releaseWrites } from "./writes.ts";

/** Milliseconds for which a clamp stands before it is widened. */
const relaxAfterMs = 1000;
const leastRelaxBytes = 1024 * 1024;
/** A domain that has so much of its clamp wants more. */
const atClampShare = 0.97;

/** What is taken back, one domain at a time, best class first. @param calmMs for how long all has been well; null: it is not */
export function calmSteps(moment: Moment, calmMs: number | null): void {
  if (calmMs === null) relaxClamps(moment);
  else letGoNext(moment, calmMs);
}

function letGoNext(moment: Moment, calmMs: number): void {
  const { readings, settings, thresholds, last } = moment;
  const { nowMs } = readings;
  if (nowMs - last.letGoMs < settings.thawGapMs) return;
  const held = byVictim(moment)
    .toReversed()
    .filter(({ state }) => isHeld(state) && calmMs >= dwellOf(state, settings.dwellMs));
  // Everybody goes on before anybody may have more than he has.
  const next = held.find(({ state }) => isStopped(state)) ?? held[0];
  if (next === undefined) return;
  const { domain, state } = next;
  if (nowMs - state.sinceMs < settings.dwellMs) return;
  last.letGoMs = nowMs;
  const cause = { reason: "calm", threshold: thresholds.releaseBytes } as const;
  if (isStopped(state)) {
    const thawed = { ...state, stage: "clamped", sinceMs: nowMs, stuck: false } as const;
    move(moment, thawed, { action: "thaw", ...cause, writes: freezeWrites(domain, false) });
    return;
  }
  const released = {
    ...state,
    stage: "normal",
    sinceMs: nowMs,
    clampBytes: null,
    releasedAtMs: nowMs,
    overruns: 0,
  } as const;
  move(moment, released, { action: "release", ...cause, writes: releaseWrites(domain), weight: "standing" });
}

/** A clamp that lasts while there is some room gives way little by little: who is clamped must get on. */
function relaxClamps(moment: Moment): void {
  const { readings, settings, thresholds, suffered, freeBytes } = moment;
  const spareBytes = freeBytes - thresholds.clampBytes;
  const isQuiet = (suffered.stallShare ?? 0) * 100 <= settings.clampStallPercent && suffered.hits === 0;
  if (spareBytes <= 0 || !isQuiet) return;
  for (const { domain, state, currentBytes } of byVictim(moment).toReversed()) {
    const { stage, clampBytes, clampedAtMs } = state;
    if (stage !== "clamped" || clampBytes === null || readings.nowMs - clampedAtMs < relaxAfterMs) continue;
    if (currentBytes < clampBytes * atClampShare) continue;
    const bytes = clampBytesOf(clampBytes + Math.floor(spareBytes / (2 * readings.domains.length)), domain);
    if (bytes - clampBytes < leastRelaxBytes) continue;
    const next = { ...state, clampBytes: bytes, clampedAtMs: readings.nowMs };
    const cause = { reason: "spare", threshold: thresholds.clampBytes } as const;
    move(moment, next, { action: "relax", ...cause, writes: clampWrites(domain, bytes) });
  }
}
