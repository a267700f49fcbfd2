import { tryReadControl, writeControl } from "../../cgroup/index.ts";
import type { TiedHelper } from "../../kernel/index.ts";
import { startRestorer } from "../../kernel/index.ts";

/** A control file that was changed for a while. */
interface Kept {
  /** What it held before. */
  readonly original: string;
  /** What we wrote last: when it holds something else by now, somebody else has decided. */
  ours: string;
  readonly helper: TiedHelper | null;
  timer: NodeJS.Timeout | null;
}

export interface KeepRequest {
  readonly path: string;
  readonly original: string;
  /** What it will read as once we have written. */
  readonly ours: string;
  /** Put back after so long at the latest; null: at the end. */
  readonly mostMs: number | null;
  /** Put back also when this process dies: by a helper process, without which it is refused. */
  readonly throughDeath: boolean;
}

/** Longer than our own timer, so that the helper acts only when we do not. */
const helperSlackMs = 1000;

const textOf = (path: string): string | null => tryReadControl(path)?.trim() ?? null;

/** What actions changed for a while, and put back: when they are asked to, after a time, at the end, and by a helper when we die. */
export class Restores {
  readonly #kept = new Map<string, Kept>();

  /**
   * Remembers what a file held, before it is written. Of a file that is kept already the first value stays.
   * @throws CorralError NATIVE_MISSING, NATIVE_CALL when no helper can be had that would outlive us
   */
  async keep({ path, original, ours, mostMs, throughDeath }: KeepRequest): Promise<void> {
    const known = this.#kept.get(path);
    if (known !== undefined) {
      known.ours = ours;
      return;
    }
    const afterMs = mostMs === null ? null : mostMs + helperSlackMs;
    const helper = throughDeath ? await startRestorer({ afterMs, writes: [{ path, value: original }] }) : null;
    const timer = mostMs === null ? null : setTimeout(() => this.restore(path), mostMs);
    timer?.unref();
    this.#kept.set(path, { original, ours, helper, timer });
  }

  /** Whether a file is changed by us now. */
  holds(path: string): boolean {
    return this.#kept.has(path);
  }

  /** Puts a file back, unless somebody else has written to it since or the group is gone. */
  restore(path: string): void {
    const kept = this.#kept.get(path);
    if (kept === undefined) return;
    try {
      if (textOf(path) === kept.ours) writeControl(path, kept.original);
    } catch {
      // The group was removed in between.
    }
    this.forget(path);
  }

  /** What stands now shall stay. */
  forget(path: string): void {
    const kept = this.#kept.get(path);
    if (kept === undefined) return;
    this.#kept.delete(path);
    if (kept.timer !== null) clearTimeout(kept.timer);
    kept.helper?.goodbye();
  }

  /** Puts everything back, the last change first. */
  close(): void {
    for (const path of [...this.#kept.keys()].toReversed()) this.restore(path);
  }
}
