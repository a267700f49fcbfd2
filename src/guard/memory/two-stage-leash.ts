import type { DomainState } from "./domain-state.ts";
import type { Moment } from "./moment.ts";
import { byVictim, move } from "./moment.ts";
import type { DomainReading } from "./readings.ts";
import { clampBytesOf, clampWrites, releaseWrites } from "./writes.ts";

/** A leash is not moved for less. */
const leastMoveBytes = 2 * 1024 * 1024;
/** Leashes go when so much more is free than that at which they come. */
const looseShare = 1.2;

type Held = DomainReading & { readonly state: DomainState };

/**
 * While memory is not plenty, whoever is not clamped may have his part of what is free above the clamp's threshold and no more: the
 * kernel holds him there, however fast he is between two looks.
 */
export function leashSteps(moment: Moment): void {
  const free = byVictim(moment).filter(({ state }) => state.stage === "normal" || state.stage === "leashed");
  if (moment.freeBytes >= moment.thresholds.attendBytes * looseShare) return loosen(moment, free);
  if (moment.freeBytes >= moment.thresholds.attendBytes && free.every(({ state }) => state.stage === "normal")) return;
  const spareBytes = Math.max(0, moment.freeBytes - moment.thresholds.clampBytes - moment.thresholds.freezeBytes);
  const part = Math.floor(spareBytes / Math.max(1, free.length));
  if (!mustMove(free, spareBytes, part)) return;
  for (const { domain, state, currentBytes } of free) {
    const bytes = clampBytesOf(currentBytes + part, domain);
    if (state.clampBytes !== null && Math.abs(bytes - state.clampBytes) < leastMoveBytes) continue;
    const next = { ...state, stage: "leashed", sinceMs: moment.readings.nowMs, clampBytes: bytes } as const;
    const cause = { reason: "headroom", threshold: moment.thresholds.attendBytes } as const;
    move(moment, next, { action: "leash", ...cause, writes: clampWrites(domain, bytes) });
  }
}

/** Somebody has no leash yet, all together have more of it than there is, or one who is at its end could have more. */
function mustMove(free: readonly Held[], spareBytes: number, part: number): boolean {
  const slack = ({ state, currentBytes }: Held): number =>
    state.clampBytes === null ? Number.POSITIVE_INFINITY : Math.max(0, state.clampBytes - currentBytes);
  const all = free.reduce((sum, one) => sum + slack(one), 0);
  return all > spareBytes + leastMoveBytes || free.some((one) => slack(one) < part / 4 && part >= leastMoveBytes);
}

function loosen(moment: Moment, free: readonly Held[]): void {
  for (const { domain, state } of free) {
    if (state.stage !== "leashed") continue;
    const next = { ...state, stage: "normal", clampBytes: null } as const;
    const cause = { reason: "calm", threshold: moment.thresholds.attendBytes } as const;
    move(moment, next, { action: "loosen", ...cause, writes: releaseWrites(domain) });
  }
}
