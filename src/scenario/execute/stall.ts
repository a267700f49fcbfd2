import type { Engine } from "./engine.ts";
import type { TaskProgress } from "./ports.ts";
import type { WorkHandle } from "./state.ts";

/** How many looks in a row without progress make a stall: two seconds. */
export const stallLooks = 4;

interface Track {
  last: TaskProgress;
  still: number;
  told: boolean;
}

/**
 * Finds workers that neither ran nor were switched for a while. Every look takes in whoever was started since. Told once for
 * each, until it gets on again; one that is frozen, or gone, is not waited for.
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
      for (const pid of handle.set.pids) {
        seen.add(pid);
        this.#lookAt(handle, pid);
      }
    }
    for (const pid of this.#tracks.keys()) if (!seen.has(pid)) this.#tracks.delete(pid);
  }

  #lookAt(handle: WorkHandle, pid: number): void {
    const now = this.#engine.ports.tasks.progress(pid);
    if (now === null) return void this.#tracks.delete(pid);
    const track = this.#tracks.get(pid);
    if (track === undefined) return void this.#tracks.set(pid, { last: now, still: 0, told: false });
    const getsOn = now.switches !== track.last.switches || now.execNs !== track.last.execNs;
    track.last = now;
    track.still = getsOn ? 0 : track.still + 1;
    if (getsOn) track.told = false;
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
