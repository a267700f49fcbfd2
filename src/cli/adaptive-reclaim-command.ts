import type { ReclaimTuning } from "../policy/index.ts";
import { openActions, openSignals, ReclaimRun, reclaimDefaults } from "../policy/index.ts";
import { CorralError, parseNumberIn, parseSizeOrMax } from "../report/index.ts";
import type { adaptiveReclaimFlags } from "./adaptive-flags.ts";
import { runAdaptive } from "./adaptive-run.ts";
import { durationOr, shareOr, sizeOr, valueOr } from "./adaptive-values.ts";
import type { RawFlags } from "./flag-definition.ts";

type ReclaimFlags = RawFlags<typeof adaptiveReclaimFlags>;

const leastIntervalMs = 100;

/** @throws CorralError USAGE naming the flag */
function tuningOf(flags: ReclaimFlags): ReclaimTuning {
  const defaults = reclaimDefaults;
  const swapoutBytesPerSec = valueOr(flags, "write-rate", defaults.swapoutBytesPerSec, (text) => {
    const bytes = parseSizeOrMax(text, null);
    return bytes === "max" ? null : bytes;
  });
  const targetShare = shareOr(flags, "target", defaults.targetShare);
  if (targetShare === 0) throw new CorralError("USAGE", "--target must be more than 0", { object: "--target" });
  return {
    intervalMs: durationOr(flags, "interval", defaults.intervalMs, leastIntervalMs),
    ratio: shareOr(flags, "ratio", defaults.ratio),
    targetShare,
    mostShare: shareOr(flags, "cap", defaults.mostShare),
    leastBytes: sizeOr(flags, "min-size", defaults.leastBytes),
    mostPause: valueOr(flags, "max-pause", defaults.mostPause, (text) =>
      parseNumberIn(text, 1, 1000, { integer: true }),
    ),
    leastFreeSwapShare: shareOr(flags, "swap-free", defaults.leastFreeSwapShare),
    swapoutBytesPerSec,
  };
}

/**
 * `corral policy reclaim`: takes memory back from a group by the stall of its processes, until it is told to stop.
 * @throws CorralError USAGE; SIGNAL_UNAVAILABLE where it cannot be done
 */
export async function adaptiveReclaimCommand(flags: ReclaimFlags): Promise<number> {
  const path = flags.cgroup;
  if (path === undefined)
    throw new CorralError("USAGE", "no group was named", {
      object: "--cgroup",
      fix: "give --cgroup PATH, as in /proc/PID/cgroup",
    });
  const tuning = tuningOf(flags);
  await using actions = openActions({ workloads: null });
  await using signals = openSignals();
  const dryRun = flags["dry-run"] === true;
  await runAdaptive(flags, (signal) => [new ReclaimRun({ path, tuning, dryRun, actions, signals, signal })]);
  return 0;
}
