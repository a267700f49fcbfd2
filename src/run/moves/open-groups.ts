import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { MoveRefusal } from "../../cgroup/index.ts";
import { moveProcess } from "../../cgroup/index.ts";
import { errnoOf } from "../../report/index.ts";

/** Groups whose files are held open at a time; of agents there are few. */
const most = 64;

/**
 * Moves processes into groups that are moved into often, by files that stay open: to open one takes longer than the move
 * (docs/benchmarks.md). A group that was removed, and made again under its name, is told by the kernel and opened anew.
 */
export class OpenGroups {
  /** By directory, the one used last at the end. */
  readonly #files = new Map<string, number>();

  /** As moveProcess. */
  move(pid: number, directory: string): MoveRefusal | null {
    const known = this.#files.get(directory);
    if (known !== undefined && this.#write(known, pid)) return null;
    // What was refused is asked of the file as it is now, which tells why.
    this.#forget(directory);
    const refusal = moveProcess(pid, directory);
    if (refusal === null) this.#keep(directory);
    return refusal;
  }

  close(): void {
    for (const directory of [...this.#files.keys()]) this.#forget(directory);
  }

  /** False when the file is of a group that is no more, or the move is refused. */
  #write(fd: number, pid: number): boolean {
    try {
      writeSync(fd, String(pid));
      return true;
    } catch (thrown) {
      return errnoOf(thrown) === "ESRCH";
    }
  }

  #keep(directory: string): void {
    const [oldest] = this.#files.keys();
    if (this.#files.size >= most && oldest !== undefined) this.#forget(oldest);
    try {
      this.#files.set(directory, openSync(`${directory}/cgroup.procs`, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // It is gone by now: the next move says so.
    }
  }

  #forget(directory: string): void {
    const fd = this.#files.get(directory);
    if (fd !== undefined) closeSync(fd);
    this.#files.delete(directory);
  }
}
