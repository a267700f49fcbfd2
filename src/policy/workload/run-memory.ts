import { readMemoryUse } from "../../kernel/index.ts";
import type { WorkloadEnrolment } from "../enrolment/index.ts";
import { enrol } from "../enrolment/index.ts";
import type { Compression } from "./compression.ts";
import { compressionOf } from "./compression.ts";
import { pageFiller } from "./load/content.ts";
import { seededRandom } from "./load/random.ts";
import { uniform, zipf } from "./load/zipf.ts";
import { arenaMemory } from "./memory/in-arena.ts";
import { plainMemory } from "./memory/plain.ts";
import type { WorkloadMemory } from "./memory/workload-memory.ts";
import type { MemoryRun } from "./memory-fields.ts";
import { anonStreamer } from "./programs/anon-streamer.ts";
import { interactiveBurst } from "./programs/interactive-burst.ts";
import { mmapChurn } from "./programs/mmap-churn.ts";
import type { ProgramContext, ProgramCount } from "./programs/program.ts";
import { randomTouchHeap } from "./programs/random-touch-heap.ts";
import { SavingMeter } from "./saving-meter.ts";
import type { MemoryProgramName, MemorySettings } from "./settings/index.ts";
import { programs } from "./settings/index.ts";
import type { Stage } from "./stage.ts";
import { openStage } from "./stage.ts";

const works: { readonly [P in MemoryProgramName]: (context: ProgramContext<P>) => Promise<ProgramCount> } = {
  "anon-streamer": anonStreamer,
  "interactive-burst": interactiveBurst,
  "random-touch-heap": randomTouchHeap,
  "mmap-churn": mmapChurn,
};

const numberOf = ({ numbers }: MemorySettings, name: string, standard: number): number =>
  (numbers as Readonly<Record<string, number>>)[name] ?? standard;

/** MiB of memory that the program has; of mmap-churn what is beside its mappings, none without an arena. */
function megabytesOf(settings: MemorySettings): number {
  if (settings.program !== "mmap-churn") return numberOf(settings, "region-mb", 1);
  return settings.arena === null ? 0 : numberOf(settings, "arena-region-mb", 1);
}

const makeMemory = (settings: MemorySettings): WorkloadMemory =>
  settings.arena === null
    ? plainMemory(megabytesOf(settings))
    : arenaMemory({
        name: programs[settings.program].workload,
        megabytes: megabytesOf(settings),
        settings: settings.arena,
        coldMs: numberOf(settings, "arena-t-cold-ms", 2000),
        prefetchDistance: numberOf(settings, "arena-prefetch-distance", 1),
        prefetchBatch: numberOf(settings, "arena-prefetch-batch", 4),
      });

/** Pages that are written before the event loop turns. */
const stretch = 128;

async function fillMemory(settings: MemorySettings, memory: WorkloadMemory, stage: Stage, stop: AbortSignal) {
  const fill = pageFiller(settings.content, seededRandom(settings.seed));
  for (let page = 0; page < memory.pageCount && !stop.aborted; page += 1) {
    memory.writePage(page, fill);
    if (page % stretch === 0) await stage.breathe();
  }
}

/** Tells the policy engine that this workload can be asked; null when it is not to. */
function enrolWorkload(settings: MemorySettings, compression: Compression, wake: () => void): WorkloadEnrolment | null {
  const { controller, arena } = settings;
  if (controller === null || arena === null) return null;
  return enrol({
    name: programs[settings.program].workload,
    verbs: ["compress"],
    arena: {
      useMemArena: true,
      capMb: arena.capMb,
      minSavingsPercent: arena.minSavingsPercent,
      regionMb: megabytesOf(settings),
    },
    ...(controller.socketPath === null ? {} : { socket: controller.socketPath }),
    onAction: () => compression.external(),
    onPending: wake,
  });
}

/** A workload with memory between its begin and its end. */
class MemoryWorkload {
  readonly #settings: MemorySettings;
  readonly #stop: AbortSignal;
  readonly #memory: WorkloadMemory;
  readonly #compression: Compression;
  readonly #enrolment: WorkloadEnrolment | null;
  #meter: SavingMeter | null = null;
  #wake = (): void => {};

  constructor(settings: MemorySettings, stop: AbortSignal) {
    this.#settings = settings;
    this.#stop = stop;
    this.#memory = makeMemory(settings);
    this.#compression = compressionOf(this.#memory, settings.compressPolicy);
    this.#enrolment = enrolWorkload(settings, this.#compression, () => this.#wake());
  }

  #open(durationMs: number): Stage {
    const { stage, wake } = openStage({
      durationMs,
      stop: this.#stop,
      isAwaited: () => (this.#enrolment?.pending ?? 0) > 0,
      atSafePoint: async () => {
        await this.#enrolment?.safePoint();
        this.#look();
      },
      onTurn: (nowMs) => this.#meter?.look(nowMs),
    });
    this.#wake = wake;
    return stage;
  }

  /** What is saved has just changed. */
  #look(): void {
    this.#meter?.look(performance.now(), true);
  }

  #context(stage: Stage) {
    const { seed, zipfTheta, numbers } = this.#settings;
    const random = seededRandom(seed + 1);
    const pages = Math.max(1, this.#memory.pageCount);
    return {
      ...{ stage, memory: this.#memory, random, numbers },
      choosePage: zipfTheta === 0 ? uniform(pages, random) : zipf(pages, zipfTheta, random),
      compress: async () => {
        await this.#compression.internal();
        this.#look();
      },
    };
  }

  async run(): Promise<MemoryRun> {
    const settings = this.#settings;
    const { arena } = this.#memory;
    await fillMemory(settings, this.#memory, this.#open(Number.POSITIVE_INFINITY), this.#stop);
    const stage = this.#open(settings.durationSec * 1000);
    this.#meter = arena === null ? null : new SavingMeter(arena, stage.startMs);
    const done = await works[settings.program](this.#context(stage) as never);
    // Asked within the last turn.
    await stage.safePoint();
    const elapsedMs = performance.now() - stage.startMs;
    this.#look();
    return {
      ...{ settings, done, elapsedMs, compression: this.#compression.counts },
      arenaStats: arena?.stats() ?? null,
      retainedByteSec: this.#meter?.retainedByteSec ?? null,
      mostSavedBytes: this.#meter?.mostSavedBytes ?? null,
      pssBytes: readMemoryUse(process.pid).pssBytes,
      enrolment: this.#enrolment?.state ?? null,
      stoppedBy: this.#stop.aborted ? String(this.#stop.reason) : null,
    };
  }

  close(): void {
    this.#enrolment?.close();
    this.#memory.close();
  }
}

/**
 * Runs a workload with memory to its end, or until it is told to stop. As the original's, it can be asked from the beginning, and has its
 * memory before its time begins.
 * @param stop aborted with the name of the signal that ends it
 * @throws CorralError ARENA_MEMORY when there is not so much memory
 */
export async function runMemory(settings: MemorySettings, stop: AbortSignal): Promise<MemoryRun> {
  const workload = new MemoryWorkload(settings, stop);
  try {
    return await workload.run();
  } finally {
    workload.close();
  }
}
