import type { StateDirectories } from "../../run/index.ts";
import { collectGarbage } from "../../run/index.ts";

/** Jobs whose Corral was killed are cleared away this long after a run has ended. */
const idleMs = 1000;

/** What other Corrals left in the directories of runs that were served, cleared away while nobody waits for it. */
export class ClearLater {
  readonly #due = new Map<string, StateDirectories>();
  #timer: NodeJS.Timeout | null = null;

  /** A run with these directories has ended. */
  note(directories: StateDirectories): void {
    this.#due.set(directories.runtime, directories);
    this.#timer ??= setTimeout(() => this.#clear(), idleMs);
    this.#timer.unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #clear(): void {
    this.#timer = null;
    for (const directories of this.#due.values()) collectGarbage(directories);
    this.#due.clear();
  }
}
