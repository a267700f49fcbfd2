import { statSync } from "node:fs";
import path from "node:path";
import { readProcText } from "../kernel/index.ts";

/** Where cgroup v2 is mounted, as /proc/self/mountinfo tells (proc_pid_mountinfo(5)); null where it is not. */
export function findV2Mount(mountinfo: string): string | null {
  for (const line of mountinfo.split("\n")) {
    const [mount = "", filesystem = ""] = line.split(" - ");
    const [, , , root, point] = mount.split(" ");
    if (filesystem.startsWith("cgroup2 ") && root === "/" && point !== undefined) return point;
  }
  return null;
}

let mount: string | null | undefined;

/** Directory of a group by its path in /proc/PID/cgroup. */
export function groupDirectory(groupPath: string): string | null {
  if (mount === undefined) mount = findV2Mount(readProcText("/proc/self/mountinfo") ?? "");
  return mount === null ? null : path.join(mount, groupPath);
}

/** The v2 path of /proc/PID/cgroup (cgroups(7)); null when the process is gone or in none that we may see. */
export function groupPathOf(tgid: number): string | null {
  const lines = readProcText(`/proc/${tgid}/cgroup`);
  const found = lines === null ? null : /^0::(\/.*)$/m.exec(lines);
  // Outside of our own cgroup namespace.
  return found?.[1] === undefined || found[1].startsWith("/..") ? null : found[1];
}

/** Id of the group with this path in /proc/PID/cgroup, null when it is gone. */
export function groupId(groupPath: string): bigint | null {
  const directory = groupDirectory(groupPath);
  if (directory === null) return null;
  return statSync(directory, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

/** Whether processes are in a group now. */
export interface GroupTest {
  test(tgid: number): boolean;
  /** Forgets what was looked up: groups come and go. */
  renew(): void;
}

/** The paths of a group and of those above it, nearest first. */
export function pathsUpwards(groupPath: string): string[] {
  const paths = [groupPath];
  for (let at = groupPath; at !== "/"; paths.push(at)) at = path.dirname(at);
  return paths;
}

/** @param filter `subtree`: the groups below it count too */
export function makeGroupTest(filter: { readonly id: bigint; readonly subtree: boolean }): GroupTest {
  const known = new Map<string, boolean>();
  const isIn = (groupPath: string): boolean => {
    const paths = filter.subtree ? pathsUpwards(groupPath) : [groupPath];
    return paths.some((one) => groupId(one) === filter.id);
  };
  return {
    test(tgid) {
      const groupPath = groupPathOf(tgid);
      if (groupPath === null) return false;
      const before = known.get(groupPath);
      const result = before ?? isIn(groupPath);
      if (before === undefined) known.set(groupPath, result);
      return result;
    },
    renew: () => known.clear(),
  };
}
