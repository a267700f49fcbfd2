import { existsSync } from "node:fs";
import { writeControl } from "../../cgroup/index.ts";
import { CorralError } from "../../report/index.ts";
import type { ProtectionWrite } from "./decision.ts";
import type { Place } from "./place.ts";

/** Does what policies decide, and knows what is not as it stands. */
export class WriteDesk {
  /** What was written and is not what stands, by path. */
  readonly #held = new Map<string, ProtectionWrite>();

  /** @returns what could not be written, and why */
  apply(writes: readonly ProtectionWrite[]): readonly string[] {
    return writes.flatMap((write) => this.#write(write));
  }

  #write(write: ProtectionWrite): readonly string[] {
    if (write.value === write.standing) this.#held.delete(write.path);
    else this.#held.set(write.path, write);
    try {
      writeControl(write.path, write.value);
      return [];
    } catch (thrown) {
      // A group that has gone needs nothing any more.
      if (!existsSync(write.path)) this.#held.delete(write.path);
      return [CorralError.from(thrown).message];
    }
  }

  /** Kills everything in the group of a tool call (cgroup-v2.rst, cgroup.kill). */
  kill(directory: string): readonly string[] {
    try {
      writeControl(`${directory}/cgroup.kill`, "1");
      return [];
    } catch (thrown) {
      return [CorralError.from(thrown).message];
    }
  }

  /** Somebody may have written limits: what is held is written again, within what stands now. */
  reassert(places: readonly Place[]): void {
    for (const write of [...this.#held.values()]) {
      const place = places.find(({ directory }) => write.path === `${directory}/memory.high`);
      const standing = place?.standing.high ?? write.standing;
      const isAbove = standing !== "max" && Number(write.value) > Number(standing);
      this.#write({ ...write, standing, value: isAbove ? standing : write.value });
    }
  }

  /** Puts back whatever is below a directory; everything, when there is none. */
  restore(below: string | null): readonly string[] {
    const writes = [...this.#held.values()].filter(({ path }) => below === null || path.startsWith(`${below}/`));
    return this.apply(writes.map((one) => ({ ...one, value: one.standing })));
  }
}
