import { open } from "node:fs/promises";
import type { HostCgroups } from "../../cgroup/index.ts";
import { hostCgroupsReader } from "../../cgroup/index.ts";

/**
 * Makes the next moves between groups quick. A move takes the kernel's lock on all groups for writing, and after some
 * milliseconds without one the first waits for an RCU grace period, 5 to 15 ms in which a thread does nothing
 * (kernel/cgroup/cgroup.c, cgroup_attach_lock; kernel/locking/percpu-rwsem.c). This process moves itself to where it is:
 * nothing changes but the lock, and the wait is that of a thread of the pool, not of the event loop.
 */
export async function warmMoves(): Promise<void> {
  // Read anew each time: whoever moves this process meanwhile must not find it moved back.
  const directory = ownGroup(hostCgroupsReader()(process.pid));
  if (directory === null) return;
  try {
    const file = await open(`${directory}/cgroup.procs`, "r+");
    try {
      await file.write("0");
    } finally {
      await file.close();
    }
  } catch {
    // Not ours to write: then moves are as slow as they are.
  }
}

const ownGroup = ({ hierarchies }: HostCgroups): string | null =>
  hierarchies.find(({ ownDirectory }) => ownDirectory !== null)?.ownDirectory ?? null;
