import { clampedState, isHeld, isStopped } from "./domain-state.ts";
import type { Cause, Moment } from "./moment.ts";
import { byVictim, move } from "./moment.ts";
import type { ToolReading } from "./readings.ts";
import { clampBytesOf, clampWrites, freezeWrites } from "./writes.ts";

/** Milliseconds between two kills: what a killed call had is not free at once. */
const killGapMs = 500;
/** After it was let go because it had been frozen for too long, a domain may run for so long. */
const graceMs = 2000;
/** Beyond its clamp by so much a domain grows in spite of it; the kernel counts in batches. */
const leakShare = 0.01;
const leastLeakBytes = 2 * 1024 * 1024;
/** So many freezes that were too long end a tool call. */
const mostOverruns = 2;

/** What is done because memory is scarce, the mildest first. */
export function pressureSteps(moment: Moment): void {
  confirmFreezes(moment);
  clampAll(moment);
  freezeNext(moment);
  freezeLeaks(moment);
  endLongFreezes(moment);
  killLast(moment);
}

function causeOf({ freeBytes, settings, thresholds, suffered }: Moment, degree: "clamp" | "freeze"): Cause | null {
  const [bytes, percent] =
    degree === "clamp"
      ? [thresholds.clampBytes, settings.clampStallPercent]
      : [thresholds.freezeBytes, settings.freezeStallPercent];
  if (freeBytes < bytes) return { reason: "headroom", threshold: bytes };
  // With much free, a session that stalls has its own limit to blame: others are not in its way.
  if (freeBytes >= thresholds.attendBytes) return null;
  if ((suffered.stallShare ?? 0) * 100 > percent) return { reason: "stall", threshold: percent / 100 };
  return degree === "clamp" && suffered.hits > 0 ? { reason: "hits", threshold: 0 } : null;
}

function clampAll(moment: Moment): void {
  const cause = causeOf(moment, "clamp");
  if (cause === null) return;
  const { nowMs } = moment.readings;
  for (const { domain, currentBytes, state } of byVictim(moment)) {
    if (isHeld(state)) continue;
    const bytes = clampBytesOf(currentBytes, domain);
    const writes = clampWrites(domain, bytes);
    const weight = moment.settings.clampedWeight;
    move(moment, clampedState(state, nowMs, bytes), { action: "clamp", ...cause, writes, weight });
  }
}

/** One at a time, all of them when it is very late. */
function freezeNext(moment: Moment): void {
  const cause = causeOf(moment, "freeze");
  if (cause === null) return;
  const { readings, settings, thresholds } = moment;
  const isLate = readings.headroomBytes < (thresholds.freezeBytes + thresholds.killBytes) / 2;
  for (const { domain, state } of byVictim(moment)) {
    // What was stalled before the clamp says nothing of what is after it.
    const heldMs = cause.reason === "stall" ? settings.stallWindowMs : 0;
    const mayBe = state.stage === "clamped" && readings.nowMs >= Math.max(state.graceUntilMs, state.sinceMs + heldMs);
    if (!mayBe) continue;
    const frozen = { ...state, stage: "freezing", sinceMs: readings.nowMs, stuck: false } as const;
    move(moment, frozen, { action: "freeze", ...cause, writes: freezeWrites(domain, true) });
    if (!isLate) return;
  }
}

/**
 * memory.high slows growth down and does not end it: who goes on growing in spite of his clamp takes what was kept for the protected,
 * and gains nothing by being slow instead of stopped.
 */
function freezeLeaks(moment: Moment): void {
  const { readings, thresholds, freeBytes } = moment;
  if (freeBytes >= thresholds.clampBytes) return;
  for (const { domain, state, currentBytes } of byVictim(moment)) {
    const { stage, clampBytes, graceUntilMs } = state;
    // At a limit of its own it may have had more before.
    if (stage !== "clamped" || clampBytes === null || String(clampBytes) === domain.clamp.standing) continue;
    if (readings.nowMs < graceUntilMs) continue;
    const mostBytes = clampBytes + Math.max(leastLeakBytes, Math.floor(clampBytes * leakShare));
    if (currentBytes <= mostBytes) continue;
    const frozen = { ...state, stage: "freezing", sinceMs: readings.nowMs, stuck: false } as const;
    const cause = { reason: "leak", threshold: mostBytes } as const;
    move(moment, frozen, { action: "freeze", ...cause, writes: freezeWrites(domain, true) });
  }
}

/** The kernel stops tasks when they come to it (R22): what is not stopped in time counts as frozen, so that `killLast` can follow. */
function confirmFreezes(moment: Moment): void {
  const { readings, settings } = moment;
  for (const { frozen, state } of byVictim(moment)) {
    if (state.stage !== "freezing") continue;
    const waitedMs = readings.nowMs - state.sinceMs;
    if (frozen) {
      const next = { ...state, stage: "frozen", stuck: false } as const;
      move(moment, next, { action: "frozen", reason: "confirmed", threshold: null });
    } else if (waitedMs >= settings.freezeWaitMs && !state.stuck) {
      const facts = { reason: "freeze_wait", threshold: settings.freezeWaitMs } as const;
      move(moment, { ...state, stuck: true }, { action: "escalate", ...facts });
    }
  }
}

const largest = (tools: readonly ToolReading[]): ToolReading | undefined =>
  tools.toSorted((a, b) => b.currentBytes - a.currentBytes)[0];

/**
 * Nobody is frozen for ever: one after the other goes on for a while, clamped as it is. What a tool call dies of is memory that is
 * in use: a reserve that nobody takes keeps its domain waiting, and no more.
 */
function endLongFreezes(moment: Moment): void {
  const { readings, settings, thresholds, last } = moment;
  const { nowMs } = readings;
  for (const { domain, state, tools } of byVictim(moment).toReversed()) {
    if (!isStopped(state) || nowMs - state.sinceMs < settings.freezeMostMs) continue;
    if (nowMs - last.letGoMs < Math.max(settings.thawGapMs, graceMs)) return;
    const overruns = state.overruns + 1;
    const isShort = readings.headroomBytes < thresholds.clampBytes;
    const kill = isShort && overruns >= mostOverruns ? (largest(tools)?.directory ?? null) : null;
    const reason = { reason: "freeze_most", threshold: settings.freezeMostMs } as const;
    if (kill !== null) {
      move(moment, state, { action: "kill", ...reason, kill });
      last.killMs = nowMs;
    }
    last.letGoMs = nowMs;
    const next = { ...state, stage: "clamped", sinceMs: nowMs, overruns, graceUntilMs: nowMs + graceMs } as const;
    move(moment, next, { action: "thaw", ...reason, writes: freezeWrites(domain, false) });
    return;
  }
}

/** The last resort: the largest tool call of the lowest class, when everybody is frozen and there is still too little. */
function killLast(moment: Moment): void {
  const { readings, thresholds, last } = moment;
  const victims = byVictim(moment);
  const isLast =
    readings.headroomBytes < thresholds.killBytes &&
    victims.length > 0 &&
    victims.every(({ state }) => state.stage === "frozen" || state.stuck);
  if (!isLast) {
    if (readings.headroomBytes >= thresholds.killBytes) last.exhausted = false;
    return;
  }
  if (!isWanting(moment) || readings.nowMs - last.killMs < killGapMs) return;
  killOne(moment, victims.find(({ tools }) => tools.length > 0) ?? null, victims[0]);
}

/**
 * The protected want more than is left: little that nobody takes lasts. With biased scores the kernel itself kills the right ones, and
 * only when the last page is gone; it stays for us what it does not end: who is slow because everything must be reclaimed.
 */
function isWanting({ readings, settings, suffered, last }: Moment): boolean {
  const protectedBytes = readings.protects.reduce((sum, { currentBytes }) => sum + currentBytes, 0);
  const isStalling = (suffered.stallShare ?? 0) * 100 > settings.freezeStallPercent || suffered.hits > 0;
  return isStalling || (settings.oomBias === 0 && protectedBytes > last.protectedBytes);
}

type Victim = ReturnType<typeof byVictim>[number];

function killOne(moment: Moment, victim: Victim | null, first: Victim | undefined): void {
  const { thresholds, last, readings } = moment;
  const cause = { reason: "headroom", threshold: thresholds.killBytes } as const;
  if (victim !== null) {
    last.killMs = readings.nowMs;
    move(moment, victim.state, { action: "kill", ...cause, kill: largest(victim.tools)?.directory ?? null });
  } else if (first !== undefined && !last.exhausted) {
    last.exhausted = true;
    move(moment, first.state, { action: "exhausted", ...cause });
  }
}
