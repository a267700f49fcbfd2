import type { GroupHandle } from "../../../cgroup/index.ts";
import { controlNumber, readControls, readUsage, usageFiles } from "../../../cgroup/index.ts";
import type { SeriesValues } from "../../record/index.ts";
import { usageValues } from "../../record/index.ts";
import type { HostGroups } from "./host-groups.ts";
import { KeptFiles } from "./kept-files.ts";

/** Groups whose files stay open; with more of them descriptors would run out. */
const mostKept = 20;

/** What reads a group's files by their paths, one look after the other. */
type Reader = (path: string) => string | null;

/** Files of a group that are read whole at every look, in one step: those that are not there are not looked for again. */
class FilesAtOnce {
  #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  read(): Reader {
    const texts = readControls(this.#paths);
    if (texts.size < this.#paths.length) this.#paths = [...texts.keys()];
    return (path) => texts.get(path) ?? null;
  }
}

/** Where the kernel tells what is now. */
interface NowFiles {
  readonly memory: string | null;
  readonly swap: string | null;
  readonly pids: string | null;
}

const known = (paths: readonly (string | null)[]): readonly string[] => paths.flatMap((path) => path ?? []);

/**
 * Looks at groups, ten times a second each: only files that a group has are read. Those of few groups stay open meanwhile; of very many
 * groups all files of one are read in one step.
 */
export class GroupLooks {
  readonly #groups: HostGroups;
  readonly #kept = new Map<string, KeptFiles>();
  readonly #atOnce = new Map<string, FilesAtOnce>();

  constructor(groups: HostGroups) {
    this.#groups = groups;
  }

  /** What the kernel counts of a group now. @throws CorralError CGROUP_IO (ENOENT) for one that is not there */
  look(name: string): SeriesValues {
    const group = this.#groups.group(name);
    const now = this.#nowFiles(group);
    const read = this.#readerOf(name, group, now);
    const numberIn = (path: string | null): number | null => (path === null ? null : controlNumber(read(path)));
    return {
      ...usageValues(readUsage(group, read)),
      memory_current_bytes: numberIn(now.memory),
      swap_current_bytes: numberIn(now.swap),
      pids_current: numberIn(now.pids),
    };
  }

  #nowFiles(group: GroupHandle): NowFiles {
    const [memory, pids] = [group.directoryOf("memory"), group.directoryOf("pids")];
    const isV2 = this.#groups.host.owner.memory?.version === 2;
    return {
      memory: memory && `${memory}/${isV2 ? "memory.current" : "memory.usage_in_bytes"}`,
      swap: isV2 && memory !== null ? `${memory}/memory.swap.current` : null,
      pids: pids && `${pids}/pids.current`,
    };
  }

  #readerOf(name: string, group: GroupHandle, now: NowFiles): Reader {
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept.read;
    const atOnce = this.#atOnce.get(name);
    if (atOnce !== undefined) return atOnce.read();
    // Series do not have these.
    const unwanted = [`${group.directoryOf("memory")}/memory.swap.peak`, `${group.directoryOf("pids")}/pids.peak`];
    if (this.#kept.size < mostKept) {
      const files = new KeptFiles();
      files.leaveOut(...unwanted);
      this.#kept.set(name, files);
      return files.read;
    }
    const wanted = usageFiles(group).filter((path) => !unwanted.includes(path));
    const files = new FilesAtOnce([...wanted, ...known([now.memory, now.swap, now.pids])]);
    this.#atOnce.set(name, files);
    return files.read();
  }

  /** The group is about to go. */
  forget(name: string): void {
    this.#kept.get(name)?.[Symbol.dispose]();
    this.#kept.delete(name);
    this.#atOnce.delete(name);
  }
}
