import { processesBelow, writeControlAside } from "../../../cgroup/index.ts";
import { CorralError } from "../../../report/index.ts";

/** SIGKILL to each process of a group and below, as they are now. */
export function killEach(directory: string): void {
  for (const pid of processesBelow(directory)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }
}

/**
 * Kills a v2 group with all below it. Kernels before 5.14 have no cgroup.kill: there each process is killed.
 * @throws CorralError CGROUP_IO for any other refusal
 */
export async function killGroupAt(directory: string): Promise<void> {
  try {
    await writeControlAside(`${directory}/cgroup.kill`, "1", false);
  } catch (thrown) {
    if (CorralError.from(thrown).found !== "ENOENT") throw thrown;
    killEach(directory);
  }
}
