import type { Controller, GroupUse, PlannedLimit, ReclaimResult } from "../../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../../report/index.ts";

/**
 * The groups of one scenario as files: the kernel, or a double that obeys the kernel's rules. Names are paths below the
 * scenario's own group, which is `""`. What goes wrong is a CorralError CGROUP_IO, `found` being the errno.
 */
export interface GroupFiles {
  /** Makes the scenario's own group, whose children can have these controllers. */
  readonly open: (controllers: readonly Controller[]) => Promise<void>;
  /** Makes a group with the scenario's controllers; the one above it must be there. */
  readonly make: (name: string) => Promise<void>;
  /** rmdir(2). */
  readonly remove: (name: string) => Promise<void>;
  /** Whether the scenario's groups have a controller's files. */
  readonly has: (controller: Controller) => boolean;
  readonly read: (name: string, use: GroupUse, file: string) => string;
  readonly write: (name: string, use: GroupUse, file: string, value: string) => Promise<void>;
  /** Writes limits of a group that nobody has been in, and reads each back: nothing in it can keep the kernel from taking them. */
  readonly limitNew: (name: string, planned: readonly PlannedLimit[]) => Promise<readonly ConstraintOutcome[]>;
  /** SIGKILL to every process of a group and below, also where the kernel has no cgroup.kill (before Linux 5.14). */
  readonly kill: (name: string) => Promise<void>;
  /** Takes memory back from a group; as long as it takes. @returns less: the kernel found less than that */
  readonly reclaim: (name: string, bytes: number, swappiness: number | null) => Promise<ReclaimResult>;
  /** Puts a process with all its threads into a group. */
  readonly join: (name: string, pid: number) => Promise<void>;
  /** Processes of the group itself. */
  readonly members: (name: string) => number[];
  /** Hears of every change of cgroup.events and the like. @returns ends it */
  readonly watch: (name: string, use: GroupUse, file: string, onChange: () => void) => () => void;
  /** Lets an empty list of CPUs be written: v1 groups inherit nothing, so that they are given what is above. */
  readonly inheritedCpus: (name: string) => string;
  /** Directory of the v2 group, in which a process can be born. */
  readonly directory: (name: string) => string;
  /** Removes the scenario's own group. */
  readonly close: () => Promise<void>;
}
