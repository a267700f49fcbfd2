import { ConfigError } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import type { GuardConfig } from "../model/index.ts";

/** Keys of the file that only a new start heeds. */
const keysOfStart = { cgroupRoot: "cgroup_root", socket: "socket", listen: "listen" } as const;

/** Names of the keys that have changed since the start and are heeded at the next one. */
export const needsRestart = (start: GuardConfig, now: GuardConfig): readonly string[] =>
  Object.entries(keysOfStart).flatMap(([key, name]) => {
    const of = key as keyof typeof keysOfStart;
    return now[of] === start[of] ? [] : [name];
  });

/** What was wrong with a file, one line each. */
export function problemsOf(thrown: unknown): readonly string[] {
  const error = CorralError.from(thrown);
  return error instanceof ConfigError ? error.toLine().split("\n") : [error.toLine()];
}
