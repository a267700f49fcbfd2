import type { Engine } from "./engine.ts";
import type { TaskProgress } from "./ports.ts";
import type { WorkHandle } from "./state.ts";

/** How many looks in a row without progress make a stall: two seconds. */
export const stallLooks = 4;

interface Track {
  /** What the kernel told at the last look; null: it was not asked, for the worker had done something. */
  last: TaskProgress | null;
  iterations: number;
  still: number;
  told: boolean;
}

/**
 * Finds workers that neither ran nor were switched for a while. Every look takes in whoever was started since. Told once for
 * each, until it gets on again; one that is frozen, or gone, is not waited for. The kernel is asked only of those whose own counters
 * stand still.
 */
export class StallWatch {
  readonly #engine: Engine;
  readonly #tracks = new Map<number, Track>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  look(): void {
    const seen = new Set<number>();
    for (const handle of this.#engine.state.works) {
      if (this.#engine.state.isFrozen(handle.cgroup)) continue;
      for (const { pid, iterations } of handle.set.sample()) {
        seen.add(pid);
        this.#lookAt(handle, pid, iterations);
      }
    }
    for (const pid of this.#tracks.keys()) if (!seen.has(pid)) this.#tracks.delete(pid);
  }

  #lookAt(handle: WorkHandle, pid: number, iterations: number): void {
    const track = this.#tracks.get(pid);
    if (track === undefined || iterations > track.iterations) {
      const last = track === undefined ? this.#engine.ports.tasks.progress(pid) : null;
      return void this.#tracks.set(pid, { last, iterations, still: 0, told: false });
    }
    const now = this.#engine.ports.tasks.progress(pid);
    if (now === null) return void this.#tracks.delete(pid);
    const isSame = track.last !== null && now.switches === track.last.switches && now.execNs === track.last.execNs;
    track.last = now;
    track.still = isSame ? track.still + 1 : 0;
    if (!isSame) track.told = false;
    if (track.still < stallLooks || track.told) return;
    track.told = true;
    this.#tell(handle, pid, track.still);
  }

  #tell({ id, cgroup }: WorkHandle, pid: number, samples: number): void {
    const { book, ports } = this.#engine;
    const { comm, diagnostics } = ports.tasks;
    book.stall({ work: id, cgroup, pid, comm: comm(pid), atMs: book.nowMs(), samples, diagnostics: diagnostics(pid) });
  }
}

/** Looks again and again until it is told to end. */
export async function watchStalls(engine: Engine, end: AbortSignal): Promise<void> {
  const watch = new StallWatch(engine);
  for (;;) {
    await engine.ports.clock.sleep(engine.limits.stallPollMs, end);
    if (end.aborted) return;
    watch.look();
  }
}
