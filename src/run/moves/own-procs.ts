import { hostCgroupsReader } from "../../cgroup/index.ts";

/**
 * `cgroup.procs` of the group that this process is in; null: of none that it can see. Who writes himself there takes the kernel's
 * lock on moves, which warms it, and changes nothing. To be asked anew each time: somebody may move this process meanwhile.
 */
export function ownProcs(): string | null {
  const { hierarchies } = hostCgroupsReader()(process.pid);
  const directory = hierarchies.find(({ ownDirectory }) => ownDirectory !== null)?.ownDirectory ?? null;
  return directory === null ? null : `${directory}/cgroup.procs`;
}
