import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { readProcText } from "../../../kernel/index.ts";
import { errnoOf } from "../../../report/index.ts";
import type { TaskProgress, TaskReader } from "../ports.ts";

const numberAfter = (text: string, name: string): number | null => {
  const found = new RegExp(`^${name.replaceAll(".", "\\.")}\\s*:\\s*([0-9.]+)`, "m").exec(text)?.[1];
  return found === undefined ? null : Number(found);
};

/** /proc/PID/sched (CONFIG_SCHED_DEBUG). */
function fromSched(pid: number): TaskProgress | null {
  const text = readProcText(`/proc/${pid}/sched`);
  if (text === null) return null;
  const switches = numberAfter(text, "nr_switches");
  const execMs = numberAfter(text, "se.sum_exec_runtime");
  return switches === null || execMs === null ? null : { switches, execNs: Math.round(execMs * 1e6) };
}

/**
 * /proc/PID/schedstat: time on a CPU, time waited for one, times put on one. It says as much of who stands still as
 * /proc/PID/sched, for who is switched away has run, and costs a tenth. All 0 where the kernel does not count.
 */
function fromSchedstat(pid: number): TaskProgress | null {
  const [exec, , slices] = (readProcText(`/proc/${pid}/schedstat`) ?? "").trim().split(" ").map(Number);
  return exec === undefined || slices === undefined || slices === 0 ? null : { switches: slices, execNs: exec };
}

const diagnosticFiles = {
  wchan: "wchan",
  syscall: "syscall",
  stack: "stack",
  status: "status",
  cgroup: "cgroup",
} as const;

function readOrReason(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").trim();
  } catch (thrown) {
    return `[unreadable: ${errnoOf(thrown) ?? "error"}]`;
  }
}

/** What the kernel tells of tasks. @param onNote told once when it does not tell what a task that is there has done */
export function hostTasks(onNote: (note: string) => void): TaskReader {
  let told = false;
  return {
    progress: (pid) => {
      const found = fromSchedstat(pid) ?? fromSched(pid);
      if (found === null && !told && readProcText(`/proc/${pid}/stat`) !== null) {
        told = true;
        onNote("stalls are not found, because this kernel has neither /proc/PID/schedstat nor /proc/PID/sched");
      }
      return found;
    },
    comm: (pid) => readProcText(`/proc/${pid}/comm`)?.trim() ?? "",
    diagnostics: (pid) => ({
      ...Object.fromEntries(Object.entries(diagnosticFiles).map(([name, file]) => [name, readOrReason(pid, file)])),
      state: /^State:\s+(.*)$/m.exec(readOrReason(pid, "status"))?.[1] ?? "",
      loadavg: loadavg()
        .map((one) => one.toFixed(2))
        .join(" "),
    }),
  };
}
