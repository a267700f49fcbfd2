import type { ArenaStats } from "../../arena/index.ts";
import type { Compression } from "./compression.ts";
import type { ProgramCount } from "./programs/program.ts";
import type { ResultField } from "./result.ts";
import { elapsed, latencyFields } from "./result.ts";
import type { MemoryProgramName, MemorySettings } from "./settings/index.ts";
import { programs } from "./settings/index.ts";

/** Everything that is known at the end of a workload with memory. */
export interface MemoryRun {
  readonly settings: MemorySettings;
  readonly done: ProgramCount;
  readonly elapsedMs: number;
  readonly compression: Compression["counts"];
  readonly arenaStats: ArenaStats | null;
  readonly retainedByteSec: number | null;
  readonly mostSavedBytes: number | null;
  readonly pssBytes: number | null;
  /** State of the enrolment; null when it did not enrol. */
  readonly enrolment: string | null;
  /** The signal that ended it; null when its time was over. */
  readonly stoppedBy: string | null;
}

const arenaTrio = (stats: ArenaStats | null): readonly ResultField[] =>
  stats === null
    ? []
    : [
        ["arena_compress_ops", stats.counters.compress_ops],
        ["arena_decompress_ops", stats.counters.decompress_ops],
        ["arena_evictions_lru", stats.counters.evictions_lru],
      ];

/** The keys of the original between its count and its policy. */
function shapeFields({ program, numbers, arena }: MemorySettings, count: number): readonly ResultField[] {
  const own: Readonly<Record<string, number>> = numbers;
  const useArena: ResultField = ["use_mem_arena", arena !== null];
  const noPager: ResultField = ["use_process_pager", false];
  const shapes: Readonly<Record<MemoryProgramName, readonly ResultField[]>> = {
    "anon-streamer": [["passes", count], ["region_mb", own["region-mb"] ?? 0], useArena, noPager],
    "interactive-burst": [["touches", count], ["region_mb", own["region-mb"] ?? 0], useArena],
    "random-touch-heap": [["ops", count], ["region_mb", own["region-mb"] ?? 0], useArena, noPager],
    "mmap-churn": [
      ["ops", count],
      ["map_kb", own["map-kb"] ?? 0],
      useArena,
      noPager,
      ["arena_region_mb", own["arena-region-mb"] ?? 0],
    ],
  };
  return shapes[program];
}

const perSec = (count: number, ms: number): number => (ms <= 0 ? 0 : Math.round((count / ms) * 1e6) / 1000);

/** The keys of the original in its order, then ours. */
export function memoryFields(run: MemoryRun): readonly ResultField[] {
  const { settings, done, compression, elapsedMs } = run;
  return [
    ["workload", programs[settings.program].workload],
    ...shapeFields(settings, done.count),
    ["compress_policy", settings.compressPolicy],
    ["external_compress_triggers", compression.external],
    ...arenaTrio(run.arenaStats),
    ["elapsed_ms", elapsed(elapsedMs)],
    ["schema", "corral.workload/1"],
    ["seed", settings.seed],
    ["content", settings.content.model],
    ["random_pct", settings.content.randomPercent],
    ["zipf_theta", settings.zipfTheta],
    ["asked_per_sec", done.askedPerSec],
    ["achieved_per_sec", perSec(done.count, elapsedMs)],
    ["behind", done.behind],
    ...latencyFields(done.latency.figures),
    ["internal_compressions", compression.internal],
    ["external_refused", compression.refused],
    ["external_failed", compression.failed],
    ["arena_mode", run.arenaStats?.mode ?? null],
    ["saved_bytes", run.arenaStats?.derived.saved_bytes ?? null],
    ["most_saved_bytes", run.mostSavedBytes],
    ["retained_saving_byte_sec", run.retainedByteSec],
    ["pss_bytes", run.pssBytes],
    ["controller", run.enrolment],
    ["stopped_by", run.stoppedBy],
  ];
}

/** `--arena-stats-json`: the keys of the original in its order, then all of the arena's. */
export function arenaDocument(program: MemoryProgramName, stats: ArenaStats): object {
  const { counters, gauges } = stats;
  return {
    workload: programs[program].workload,
    logical_input_bytes: counters.logical_input_bytes,
    compressed_bytes_live: gauges.compressed_bytes_live,
    slot_bytes_live: gauges.slot_bytes_live,
    compress_ops: counters.compress_ops,
    decompress_ops: counters.decompress_ops,
    evictions_lru: counters.evictions_lru,
    incompressible_chunks: counters.incompressible_chunks,
    access_hits_raw: counters.access_hits_raw,
    access_hits_decompressed: counters.access_hits_decompressed,
    compression_reject_small_gain: counters.compression_reject_small_gain,
    ...stats,
  };
}
