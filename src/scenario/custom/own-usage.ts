import { readFileSync } from "node:fs";
import { parseNumberList } from "../../kernel/index.ts";

function tryRead(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** CPU that the thread of the function was on at last (proc_pid_stat(5), field 39). */
export function ownCpu(): number {
  const text = tryRead("/proc/thread-self/stat");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[36] ?? 0);
}

/** Time it waited for a CPU, and times it got one; 0 where the kernel has no schedstat. */
export function ownSchedstat(): { readonly delayNs: number; readonly slices: number } {
  const [, delayNs = 0, slices = 0] = tryRead("/proc/thread-self/schedstat").split(" ").map(Number);
  return { delayNs, slices };
}

/** CPUs it may run on. */
export const ownCpus = (): readonly number[] =>
  parseNumberList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(tryRead("/proc/self/status"))?.[1] ?? "") ?? [];

/** Other processes of a group. */
export const siblingsIn = (cgroup: string | null): readonly number[] =>
  cgroup === null
    ? []
    : tryRead(`${cgroup}/cgroup.procs`)
        .split("\n")
        .map(Number)
        .filter((pid) => pid > 0 && pid !== process.pid);

/** Pages of this process by node (numa_maps). */
export function ownNumaPages(): ReadonlyMap<number, number> {
  const pages = new Map<number, number>();
  for (const [, node, count] of tryRead("/proc/self/numa_maps").matchAll(/ N(\d+)=(\d+)/g))
    pages.set(Number(node), (pages.get(Number(node)) ?? 0) + Number(count));
  return pages;
}

/** Pages that the kernel has moved between nodes, for all processes. */
export const pagesMigrated = (): number =>
  Number(/^numa_pages_migrated (\d+)$/m.exec(tryRead("/proc/vmstat"))?.[1] ?? 0);
