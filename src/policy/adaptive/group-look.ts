import type { GroupPlace } from "../../cgroup/index.ts";
import {
  hostCgroupsReader,
  parseFlatKeyed,
  parsePressure,
  placeAt,
  readGroupMemory,
  tryReadControl,
  whyUntouchable,
} from "../../cgroup/index.ts";
import { readVmCounter } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";

const pageBytes = 4096;

/** What a group holds and has suffered at one moment; the counters only grow. */
export interface GroupLook {
  readonly atNs: bigint;
  readonly currentBytes: number;
  readonly swapBytes: number | null;
  readonly stallUs: number;
  readonly refaultsAnon: number;
  readonly refaultsFile: number;
  /** Of the group where the kernel counts that, else of the host. */
  readonly swapoutBytes: number;
}

/** Looks at a group; null when it is gone. */
export function lookAtGroup(place: GroupPlace): GroupLook | null {
  const { currentBytes, swapBytes } = readGroupMemory(place);
  const stat = parseFlatKeyed(tryReadControl(`${place.directory}/memory.stat`));
  const pressure = parsePressure(tryReadControl(`${place.directory}/memory.pressure`));
  if (currentBytes === null || pressure === null) return null;
  return {
    atNs: process.hrtime.bigint(),
    currentBytes,
    swapBytes,
    stallUs: pressure.some_us,
    refaultsAnon: stat.get("workingset_refault_anon") ?? 0,
    refaultsFile: stat.get("workingset_refault_file") ?? 0,
    swapoutBytes: (stat.get("pswpout") ?? readVmCounter("pswpout") ?? 0) * pageBytes,
  };
}

/**
 * The group that memory is to be taken back from.
 * @throws CorralError USAGE for a path that is none; SIGNAL_UNAVAILABLE where that cannot be done: no such group, the root or
 *   our own, cgroup v1, a kernel without memory.reclaim or pressure
 */
export function reclaimPlace(path: string): GroupPlace {
  const host = hostCgroupsReader()("self");
  const place = placeAt(host, "memory", path);
  const fail = (message: string, fix: string): CorralError =>
    new CorralError("SIGNAL_UNAVAILABLE", message, { object: path, fix });
  if (place === null || place.hierarchy.version === 1)
    throw fail(
      "proactive reclaim needs the memory controller on cgroup v2",
      "`corral policy compact` works on cgroup v1 too",
    );
  const untouchable = whyUntouchable(place, host);
  if (untouchable !== null) throw fail(`${untouchable}, and is left alone`, "name another group");
  if (tryReadControl(`${place.directory}/cgroup.procs`) === null)
    throw fail(`there is no group ${place.directory}`, "write its path as in /proc/PID/cgroup");
  if (tryReadControl(`${place.directory}/memory.current`) === null)
    throw fail(`${place.directory} has no memory controller`, "enable it in cgroup.subtree_control of the group above");
  if (lookAtGroup(place) === null)
    throw fail(`${place.directory} tells no memory pressure`, "boot with psi=1 where the kernel has it switched off");
  return place;
}
