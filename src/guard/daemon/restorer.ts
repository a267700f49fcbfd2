import { setTimeout } from "node:timers/promises";
import type { TiedHelper } from "../../kernel/index.ts";
import { startRestorer } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";

/** A control file with what it holds when the guard does nothing to it. */
export interface Standing {
  readonly path: string;
  readonly value: string;
}

/** A helper that ends sooner is started again only after as long. */
const leastLifeMs = 1000;
/** Longest wait between two tries to start one that cannot be started. */
const mostWaitMs = 30_000;

interface RestorerOptions {
  /** What stands; asked at each arming. */
  readonly standing: () => readonly Standing[];
  /** Told when nothing is held any more, since the helper has ended without being dismissed, and when another one holds it again. */
  readonly onChange: () => void;
  readonly warn: (message: string) => void;
}

/**
 * The other process that puts everything temporary back when this one dies, KILL included: it holds the files open, so that
 * what it writes to is what is there now. Armed anew whenever sessions change, the new one before the old one goes.
 */
export class GuardRestorer {
  readonly #options: RestorerOptions;
  #helper: TiedHelper | null = null;
  #held: ReadonlySet<string> = new Set();
  /** Files that went while a helper was being armed: what it holds may be the file of before. */
  #gone = new Set<string>();
  #arming: Promise<void> = Promise.resolve();
  #dismissed = false;
  #wanted = 0;
  #armed = 0;

  constructor(options: RestorerOptions) {
    this.#options = options;
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
    const writes = this.#options.standing();
    const before = this.#helper;
    const gone = new Set<string>();
    this.#gone = gone;
    // A session may go, and another of its name come, while the helper opens the files.
    this.#helper = writes.length === 0 ? null : await startRestorer({ afterMs: null, writes, mayLack: true });
    before?.goodbye();
    this.#held = new Set(writes.map(({ path }) => path).filter((path) => !gone.has(path)));
    this.#armed = serves;
    if (this.#helper !== null) void this.#awaitEnd(this.#helper);
  }

  async #awaitEnd(helper: TiedHelper): Promise<void> {
    const sinceMs = performance.now();
    await helper.child.exit;
    if (this.#helper !== helper) return;
    this.#helper = null;
    this.#held = new Set();
    const { warn, onChange } = this.#options;
    warn("the process that puts back what is done for a while has ended; another one is started");
    onChange();
    const livedMs = performance.now() - sinceMs;
    if (livedMs < leastLifeMs) await setTimeout(leastLifeMs, undefined, { ref: false });
    await this.#armAgain();
  }

  /** Tries until a helper holds what stands, be it one that sessions have armed meanwhile. */
  async #armAgain(): Promise<void> {
    const { warn, onChange } = this.#options;
    for (let waitMs = leastLifeMs; !this.#dismissed && this.#helper === null; waitMs *= 2) {
      try {
        await this.arm();
        return onChange();
      } catch (thrown) {
        warn(CorralError.from(thrown).message);
      }
      await setTimeout(Math.min(waitMs, mostWaitMs), undefined, { ref: false });
    }
  }

  /** These files are about to go; others of the same names are not held before they are armed. */
  forget(paths: readonly string[]): void {
    for (const path of paths) this.#gone.add(path);
    this.#held = new Set([...this.#held].filter((path) => !this.#gone.has(path)));
  }

  /** Whether a file will be put back when this process dies. */
  holds(path: string): boolean {
    return this.#held.has(path);
  }

  /** Everything has been put back by other hands. */
  async dismiss(): Promise<void> {
    this.#dismissed = true;
    await this.#arming;
    const helper = this.#helper;
    this.#helper = null;
    this.#held = new Set();
    helper?.goodbye();
  }
}
