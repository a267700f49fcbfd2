import { touchesNow } from "./access.ts";
import type { BackgroundSettings } from "./background-options.ts";
import type { ChunkTable } from "./chunk-table.ts";
import { isRaw } from "./chunk-table.ts";

export type Temperature = "hot" | "warm" | "cold";

/** Chunks in memory by temperature. */
export type Temperatures = Readonly<Record<Temperature, number>>;

/** What an age is called. A cold age that is not above the hot one leaves nothing warm. */
export function temperatureOf(ageEpochs: number, hotEpochs: number, coldEpochs: number): Temperature {
  if (ageEpochs <= hotEpochs) return "hot";
  return ageEpochs >= coldEpochs ? "cold" : "warm";
}

/** Why a chunk in memory is left alone by the background; null: it is compressed. */
export type SkipReason = "hot" | "churn" | "low_ratio" | "recent_decompress";

/** Judges one chunk in memory. */
export function whySkip(
  table: ChunkTable,
  id: number,
  epoch: number,
  settings: BackgroundSettings & { readonly coldEpochsNow: number },
): SkipReason | null {
  const age = epoch - (table.touched[id] as number);
  if (temperatureOf(age, settings.hotEpochs, settings.coldEpochsNow) !== "cold") return "hot";
  if (touchesNow(table, id, epoch) >= Math.max(1, settings.churnThreshold)) return "churn";
  if ((table.ratioBps[id] as number) > settings.lowRatioSkipBps) return "low_ratio";
  const restored = table.changed[id] as number;
  return restored > 0 && epoch - restored <= settings.recompressGuardEpochs ? "recent_decompress" : null;
}

/** Counts what is in memory. */
export function countTemperatures(
  table: ChunkTable,
  ranges: Iterable<{ readonly base: number; readonly chunkCount: number }>,
  epoch: number,
  ages: { readonly hotEpochs: number; readonly coldEpochs: number },
): Temperatures {
  const counts = { hot: 0, warm: 0, cold: 0 };
  for (const { base, chunkCount } of ranges) {
    for (let id = base; id < base + chunkCount; id += 1) {
      if (!isRaw(table.state[id] as number)) continue;
      counts[temperatureOf(epoch - (table.touched[id] as number), ages.hotEpochs, ages.coldEpochs)] += 1;
    }
  }
  return counts;
}

/**
 * The next cold age. Too many stalls say that chunks are compressed too early; that outweighs a pool with room, which says that more
 * could be.
 */
export function adaptColdEpochs(
  now: number,
  seen: { readonly stalls: number; readonly poolPercent: number },
  settings: BackgroundSettings,
): number {
  const { coldStepUp, coldStepDown, coldEpochsMin, coldEpochsMax, stallThreshold, targetPoolPercent } = settings;
  if (seen.stalls > stallThreshold) return Math.min(coldEpochsMax, now + coldStepUp);
  if (seen.poolPercent < targetPoolPercent) return Math.max(coldEpochsMin, now - coldStepDown);
  return now;
}
