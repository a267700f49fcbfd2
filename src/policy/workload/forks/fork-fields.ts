import type { ResultField } from "../result.ts";
import { elapsed, latencyFields } from "../result.ts";
import type { ForkSettings } from "../settings/index.ts";
import { programs } from "../settings/index.ts";
import type { ForkRun } from "./run-forks.ts";

function shapeFields({ program, numbers, execPath }: ForkSettings): readonly ResultField[] {
  if (program === "fork-exec-storm") return [["exec_path", execPath]];
  if (program === "fork-exit-storm") return [];
  return [["touch_pages", (numbers as Readonly<Record<string, number>>)["touch-pages"] ?? 0]];
}

/** The keys of the original in its order, then ours. */
export function forkFields({ settings, end, errno, latency, stoppedBy }: ForkRun): readonly ResultField[] {
  const { program, numbers, workers, durationSec } = settings;
  const rate = numbers["fork-rate"] * workers;
  const elapsedMs = end.elapsedNs / 1e6;
  return [
    ["workload", programs[program].workload],
    [program === "fork-exec-storm" ? "execs" : "forks", end.forks],
    ...shapeFields(settings),
    ["elapsed_ms", elapsed(elapsedMs)],
    ["schema", "corral.workload/1"],
    ["workers", workers],
    ["failed", end.failed],
    ["errno", errno],
    ["asked_per_sec", rate],
    ["achieved_per_sec", elapsedMs <= 0 ? 0 : Math.round((end.forks / elapsedMs) * 1e6) / 1000],
    ["behind", stoppedBy === null ? Math.max(0, rate * durationSec - end.forks) : 0],
    ...latencyFields(latency),
    ["stopped_by", stoppedBy],
  ];
}
