import type { TiedHelper } from "../../kernel/index.ts";
import { startRestorer } from "../../kernel/index.ts";

/** A control file with what it holds when the guard does nothing to it. */
export interface Standing {
  readonly path: string;
  readonly value: string;
}

/**
 * The other process that puts everything temporary back when this one dies, KILL included: it holds the files open, so that
 * what it writes to is what is there now. Armed anew whenever sessions change, the new one before the old one goes.
 */
export class GuardRestorer {
  readonly #standing: () => readonly Standing[];
  #helper: TiedHelper | null = null;
  #held: ReadonlySet<string> = new Set();
  #arming: Promise<void> = Promise.resolve();
  #wanted = 0;
  #armed = 0;

  /** @param standing what stands, asked at each arming */
  constructor(standing: () => readonly Standing[]) {
    this.#standing = standing;
  }

  /**
   * Resolves when a helper holds what stands now. Several calls at a time may share one.
   * @throws CorralError NATIVE_MISSING, NATIVE_CALL
   */
  arm(): Promise<void> {
    this.#wanted += 1;
    const mine = this.#wanted;
    const next = this.#arming.then(() => (this.#armed >= mine ? undefined : this.#arm()));
    // A failed one must not keep the next from being tried.
    this.#arming = next.catch(() => {});
    return next;
  }

  async #arm(): Promise<void> {
    const serves = this.#wanted;
    const writes = this.#standing();
    const before = this.#helper;
    // A session may go, and another of its name come, while the helper opens the files.
    this.#helper = writes.length === 0 ? null : await startRestorer({ afterMs: null, writes, mayLack: true });
    before?.goodbye();
    this.#held = new Set(writes.map(({ path }) => path));
    this.#armed = serves;
  }

  /** Whether a file will be put back when this process dies. */
  holds(path: string): boolean {
    return this.#held.has(path);
  }

  /** Everything has been put back by other hands. */
  async dismiss(): Promise<void> {
    await this.#arming;
    this.#helper?.goodbye();
    this.#helper = null;
  }
}
