import { CorralError } from "../report/index.ts";
import { writeControlAside } from "./control-file.ts";

/** `less`: the kernel took back less than it was asked for (EAGAIN). */
export type ReclaimResult = "all" | "less";

/**
 * Asks the kernel to take memory back from a group (cgroup-v2.rst, memory.reclaim, Linux 5.19), on a thread of libuv's
 * pool: the write returns when it is done. It cannot be called back, so ask for little at a time.
 * @param swappiness 0 to 200, 0: page cache only, null: as it is set; kernels before 6.13 refuse any with EINVAL
 * @throws CorralError CGROUP_IO, `found` being the errno: ENOENT on v1 and before 5.19, EINVAL
 */
export async function reclaimMemory(
  directory: string,
  bytes: number,
  swappiness: number | null,
): Promise<ReclaimResult> {
  try {
    const option = swappiness === null ? "" : ` swappiness=${swappiness}`;
    await writeControlAside(`${directory}/memory.reclaim`, `${bytes}${option}`);
    return "all";
  } catch (thrown) {
    if (thrown instanceof CorralError && thrown.found === "EAGAIN") return "less";
    throw thrown;
  }
}
