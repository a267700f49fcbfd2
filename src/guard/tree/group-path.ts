/** The cgroup v2 path in the lines of /proc/PID/cgroup (cgroups(7)); null when there is none. */
export const groupOfLines = (lines: string | null): string | null =>
  lines === null ? null : (/^0::(\/.*)$/m.exec(lines)?.[1] ?? null);
