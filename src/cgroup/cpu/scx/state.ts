import { readFileSync } from "node:fs";

const read = (file: string): string | null => {
  try {
    return readFileSync(`/sys/kernel/sched_ext/${file}`, "utf8").trim();
  } catch {
    return null;
  }
};

/** `disabled`, `enabling`, `enabled` or `disabling`; `absent` in a kernel without sched_ext. */
export const extState = (): string => read("state") ?? "absent";

/** Name of the scheduler that is loaded; null when there is none. */
export const loadedScheduler = (): string | null => read("root/ops");
