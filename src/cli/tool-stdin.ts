import { fstatSync, openSync, readFileSync } from "node:fs";

/** Major and minor number of /dev/null (devices.txt). */
const devNull = 1 * 256 + 3;

/** How far a descriptor has been read, by /proc/self/fdinfo (proc_pid_fdinfo(5)). */
function positionOf(fd: number): number | null {
  try {
    return Number(/^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? Number.NaN);
  } catch {
    return null;
  }
}

/** The path of /proc opens the same file, be it moved or removed; null: this user may not open it himself. */
function openAgain(): number | null {
  try {
    return openSync("/proc/self/fd/0", "r");
  } catch {
    return null;
  }
}

/**
 * Opens standard input for a further run of a command: /dev/null as it is, a file that stood at its start anew.
 * @returns what opens it; null when what the first run reads is gone: a pipe, a terminal, a file that was read already
 */
export function repeatableStdin(): (() => number | null) | null {
  try {
    const stat = fstatSync(0);
    if (stat.isCharacterDevice() && stat.rdev === devNull) return () => 0;
    if (!stat.isFile() || positionOf(0) !== 0) return null;
    return openAgain;
  } catch {
    return null;
  }
}
