import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../../kernel/index.ts";

/** Anonymous memory of one process (proc_pid_status(5), RssAnon); 0 when it is gone or has none. */
function anonymousOf(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Memory that processes hold already. A charge stays with the group it was made in when the process is moved
 * (cgroup-v2.rst, "Memory Ownership"), so a limit of the new group does not cover it.
 */
export const anonymousBytes = (processes: readonly ProcessIdentity[]): number =>
  processes.reduce((sum, { pid }) => sum + anonymousOf(pid), 0);
