import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureDirectory, replaceFile } from "../../kernel/files/index.ts";
import { bootId } from "../../kernel/index.ts";

/**
 * Tells a later guard that this one gave tasks to its own scheduler. They do not need it: a task of SCHED_EXT is an ordinary one when
 * no scheduler is loaded (sched-ext.rst). But who loads another one must not get them, so that a guard that died is tidied up after.
 */
export class SchedulerMark {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, "scheduler");
  }

  set(): void {
    ensureDirectory(join(this.#path, ".."));
    replaceFile(this.#path, `${bootId()}\n`);
  }

  /** Whether a guard of this boot set it and none has cleared it. */
  isSet(): boolean {
    try {
      return readFileSync(this.#path, "utf8").trim() === bootId();
    } catch {
      return false;
    }
  }

  clear(): void {
    rmSync(this.#path, { force: true });
  }
}
