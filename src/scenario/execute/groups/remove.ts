import { parseFlatKeyed } from "../../../cgroup/index.ts";
import { CorralError } from "../../../report/index.ts";
import { settlesWithin } from "../../clock/index.ts";
import type { GroupFiles } from "./group-files.ts";
import type { Movers } from "./move.ts";

/** With more groups than this that could not be removed, no further one is waited for. */
export const mostStuck = 10;

/** Whether nobody is in a group or below it; a group that is gone is empty. */
export function isEmpty(files: GroupFiles, name: string): boolean {
  try {
    return parseFlatKeyed(files.read(name, "unified", "cgroup.events")).get("populated") !== 1;
  } catch {
    return true;
  }
}

/** Waits for the kernel to say that a group is empty. @returns false when it did not in time */
export async function awaitEmpty({ files, clock, limits }: Movers, name: string): Promise<boolean> {
  if (isEmpty(files, name)) return true;
  let stop = (): void => {};
  const empty = new Promise<void>((resolve) => {
    stop = files.watch(name, "unified", "cgroup.events", () => {
      if (isEmpty(files, name)) resolve();
    });
    // It may have emptied before the watch stood.
    if (isEmpty(files, name)) resolve();
  });
  try {
    return (await settlesWithin(clock, empty, limits.emptyWaitMs)) || isEmpty(files, name);
  } finally {
    stop();
  }
}

/** Removes groups and remembers how many it could not. */
export class GroupRemover {
  readonly #movers: Movers;
  readonly #stuck = new Set<string>();

  constructor(movers: Movers) {
    this.#movers = movers;
  }

  /** Groups that are still there although they were to be removed. */
  get stuck(): readonly string[] {
    return [...this.#stuck];
  }

  /**
   * Thaws a group, kills what is left in it, waits until it is empty and removes it. One that is gone already is no error;
   * any other failure is a warning, for the group is removed at the end with the rest.
   */
  async remove(name: string): Promise<void> {
    // A group that lacks a file may be there all the same: rmdir(2) alone tells that it is gone.
    const notEmptied = await this.#empty(name).then(
      () => null,
      (thrown: unknown) => CorralError.from(thrown),
    );
    try {
      await this.#removeDirectory(name);
      this.#stuck.delete(name);
    } catch (thrown) {
      const refused = CorralError.from(thrown);
      if (refused.found === "ENOENT") return void this.#stuck.delete(name);
      this.#stuck.add(name);
      const error = notEmptied ?? refused;
      const hint = error.found === "EBUSY" ? ": processes or groups are left in it" : "";
      this.#movers.warn(`the group ${name} could not be removed (${error.found ?? error.message})${hint}`);
    }
  }

  async #empty(name: string): Promise<void> {
    const { files, warn, limits } = this.#movers;
    if (files.read(name, "unified", "cgroup.freeze").trim() === "1")
      await files.write(name, "unified", "cgroup.freeze", "0");
    if (isEmpty(files, name)) return;
    await files.kill(name);
    if (this.#stuck.size > mostStuck) return;
    if (!(await awaitEmpty(this.#movers, name)))
      warn(`processes of ${name} did not end within ${limits.emptyWaitMs} ms`);
  }

  /** A process that has just ended is in the way for a moment longer than cgroup.events says. */
  async #removeDirectory(name: string): Promise<void> {
    const { files, clock, limits } = this.#movers;
    for (let waitedMs = 0; ; waitedMs += rmdirPauseMs) {
      try {
        return await files.remove(name);
      } catch (thrown) {
        const busy = CorralError.from(thrown).found === "EBUSY" && isEmpty(files, name);
        if (!busy || this.#stuck.size > mostStuck || waitedMs >= limits.emptyWaitMs) throw thrown;
        await clock.sleep(rmdirPauseMs);
      }
    }
  }
}

const rmdirPauseMs = 10;
