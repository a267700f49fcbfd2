import { readdirSync, readFileSync } from "node:fs";

/** Text of a file below /proc, or null when the process is gone or not ours to read. */
export function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, "latin1");
  } catch {
    return null;
  }
}

const numbers = (names: readonly string[]): number[] => names.filter((name) => /^\d+$/.test(name)).map(Number);

/** The fields of /proc/PID/stat after the command name, so that index 0 is field 3 (state). */
function statFields(pid: number): string[] | null {
  const text = readProc(`${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Field 22 of /proc/PID/stat: with the pid, the identity of a process. Null when it is gone or a zombie. */
export function startTicks(pid: number): number | null {
  const fields = statFields(pid);
  return fields === null || fields[0] === "Z" || fields[0] === "X" ? null : Number(fields[19]);
}

/** State letter of a process: `T` is stopped; null when it is gone. */
export const stateOf = (pid: number): string | null => statFields(pid)?.[0] ?? null;

/** Parent of a process, or null when it is gone. */
export const parentOf = (pid: number): number | null => {
  const fields = statFields(pid);
  return fields === null ? null : Number(fields[1]);
};

/** Process group of a process, or null when it is gone. */
export const processGroupOf = (pid: number): number | null => {
  const fields = statFields(pid);
  return fields === null ? null : Number(fields[2]);
};

/** Path of a process' group in cgroup v2, as /proc/PID/cgroup has it. Throws when it is gone. */
export const cgroupOf = (pid: number | undefined): string =>
  /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "latin1"))?.[1] ?? "";

/** Live processes (no zombies) whose environment or command line contains one of the marks. */
export function processesMarked(...marks: readonly string[]): number[] {
  return numbers(readdirSync("/proc")).filter((pid) => {
    if (pid === process.pid || startTicks(pid) === null) return false;
    const text = `${readProc(`${pid}/environ`) ?? ""}\0${readProc(`${pid}/cmdline`) ?? ""}`;
    return marks.some((mark) => text.includes(mark));
  });
}

/** Ends a process that a test started; one that is gone already is passed over. */
export function killQuietly(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone.
  }
}

/** Microseconds of CPU time that a process has used so far (/proc/PID/stat, fields 14 and 15; 100 ticks a second). */
export function cpuTimeUs(pid: number): number {
  const fields = statFields(pid);
  return fields === null ? 0 : (Number(fields[11]) + Number(fields[12])) * 10_000;
}
