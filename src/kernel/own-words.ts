import { readFileSync } from "node:fs";
import { decodeBytes } from "./byte-text.ts";

const words = (file: string): string[] => {
  const bytes = readFileSync(file);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    const stop = end === -1 ? bytes.length : end;
    found.push(decodeBytes(bytes.subarray(at, stop)));
    at = stop + 1;
  }
  return found;
};

/**
 * The last `count` arguments of this process with every byte kept; Node's own argv replaces what is not UTF-8
 * (/proc/self/cmdline, proc_pid_cmdline(5)).
 */
export const ownArguments = (count: number): string[] => words("/proc/self/cmdline").slice(-count);

/** The environment this process was started with, every byte kept (/proc/self/environ). */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    words("/proc/self/environ").map((entry) => {
      const at = entry.indexOf("=");
      return at === -1 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
