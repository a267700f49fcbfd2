import { controlNumber, readUsage } from "../../../cgroup/index.ts";
import type { SeriesValues } from "../../record/index.ts";
import { usageValues } from "../../record/index.ts";
import type { HostGroups } from "./host-groups.ts";
import { KeptFiles } from "./kept-files.ts";

/** Looks at groups, ten times a second each: only files that a group has are read, and they stay open meanwhile. */
export class GroupLooks {
  readonly #groups: HostGroups;
  readonly #files = new Map<string, KeptFiles>();

  constructor(groups: HostGroups) {
    this.#groups = groups;
  }

  /** What the kernel counts of a group now. @throws CorralError CGROUP_IO (ENOENT) for one that is not there */
  look(name: string): SeriesValues {
    const group = this.#groups.group(name);
    const { read } = this.#filesOf(name);
    const memory = group.directoryOf("memory");
    const isV2 = this.#groups.host.owner.memory?.version === 2;
    const numberIn = (directory: string | null, file: string): number | null =>
      directory === null ? null : controlNumber(read(`${directory}/${file}`));
    return {
      ...usageValues(readUsage(group, read)),
      memory_current_bytes: numberIn(memory, isV2 ? "memory.current" : "memory.usage_in_bytes"),
      swap_current_bytes: numberIn(isV2 ? memory : null, "memory.swap.current"),
      pids_current: numberIn(group.directoryOf("pids"), "pids.current"),
    };
  }

  #filesOf(name: string): KeptFiles {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const files = new KeptFiles();
    const group = this.#groups.group(name);
    // Series do not have these.
    files.leaveOut(`${group.directoryOf("memory")}/memory.swap.peak`, `${group.directoryOf("pids")}/pids.peak`);
    this.#files.set(name, files);
    return files;
  }

  /** The group is about to go. */
  forget(name: string): void {
    this.#files.get(name)?.[Symbol.dispose]();
    this.#files.delete(name);
  }
}
