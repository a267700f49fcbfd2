import { writeFileSync } from "node:fs";
import { CorralError, errnoOf } from "../../report/index.ts";

/**
 * Writes cpu.weight of a group.
 * @param weight 1 to 10000 (cgroup-v2.rst)
 * @throws CorralError CGROUP_IO
 */
export function writeWeight(group: string, weight: number): void {
  const file = `${group}/cpu.weight`;
  try {
    writeFileSync(file, String(weight), { flag: "r+" });
  } catch (cause) {
    throw new CorralError("CGROUP_IO", `cannot write ${weight} to ${file}: ${errnoOf(cause) ?? "unknown"}`, {
      object: file,
      cause,
      fix: "give an existing cgroup v2 group whose parent has cpu in cgroup.subtree_control",
    });
  }
}
