import { parseDurationMs } from "../../report/index.ts";
import { parseSetting } from "../../run/settings/index.ts";
import type { RawMemory } from "./memory-schema.ts";
import type { Headroom, MemorySettings } from "./memory-settings.ts";
import { plainMemory } from "./memory-settings.ts";
import type { Refuse } from "./resolve-settings.ts";

const milliseconds = (written: string | number | undefined, plain: number): number =>
  written === undefined ? plain : parseDurationMs(String(written));

function bytes(written: string | number | undefined, plain: number): number {
  const size = written === undefined ? plain : parseSetting("memory-max", String(written));
  return size === "max" ? Number.MAX_SAFE_INTEGER : size;
}

const headroom = (percent: number | undefined, least: string | number | undefined, plain: Headroom): Headroom => ({
  percent: percent ?? plain.percent,
  leastBytes: bytes(least, plain.leastBytes),
});

/** Shares that must follow each other, the smallest first: with another order nothing would come to rest. */
const ascending = ["kill_headroom", "freeze_headroom", "clamp_headroom", "release_headroom"] as const;

/** How memory is protected: what is written over what holds anyway. */
export function resolveMemory(raw: RawMemory = {}, refuse: Refuse): MemorySettings {
  const plain = plainMemory;
  const settings: MemorySettings = {
    policy: raw.policy ?? plain.policy,
    dryRun: raw.dry_run ?? plain.dryRun,
    tickMs: milliseconds(raw.tick, plain.tickMs),
    clamp: headroom(raw.clamp_headroom, raw.clamp_least, plain.clamp),
    freeze: headroom(raw.freeze_headroom, raw.freeze_least, plain.freeze),
    kill: headroom(raw.kill_headroom, undefined, plain.kill),
    release: headroom(raw.release_headroom, undefined, plain.release),
    reserveWindowMs: milliseconds(raw.reserve_window, plain.reserveWindowMs),
    stallWindowMs: milliseconds(raw.stall_window, plain.stallWindowMs),
    clampStallPercent: raw.clamp_stall ?? plain.clampStallPercent,
    freezeStallPercent: raw.freeze_stall ?? plain.freezeStallPercent,
    dwellMs: milliseconds(raw.dwell, plain.dwellMs),
    thawGapMs: milliseconds(raw.thaw_gap, plain.thawGapMs),
    freezeWaitMs: milliseconds(raw.freeze_wait, plain.freezeWaitMs),
    freezeMostMs: milliseconds(raw.freeze_most, plain.freezeMostMs),
    clampedWeight: raw.clamped_weight ?? plain.clampedWeight,
    oomBias: raw.oom_bias ?? plain.oomBias,
    admissionWaitMs: milliseconds(raw.admission_wait, plain.admissionWaitMs),
    reclaimIdleMs: milliseconds(raw.reclaim_idle, plain.reclaimIdleMs),
    staticParts: raw.static_parts ?? plain.staticParts,
  };
  refuseDisorder(settings, refuse);
  return settings;
}

function refuseDisorder({ kill, freeze, clamp, release }: MemorySettings, refuse: Refuse): void {
  const shares = [kill, freeze, clamp, release].map(({ percent }) => percent);
  for (const [index, name] of ascending.entries()) {
    const above = shares[index + 1];
    const here = shares[index];
    if (above === undefined || here === undefined || here < above) continue;
    const message = `memory.${ascending[index + 1]} must be above memory.${name}: ${above} is not above ${here}`;
    refuse({ path: ["memory", ascending[index + 1] ?? name], at: "key", message });
  }
}
