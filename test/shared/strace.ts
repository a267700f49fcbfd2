import { spawnSync } from "node:child_process";
import type { Reason } from "./requires.ts";
import { program } from "./requires.ts";

/** Null where strace(1) is there and may trace a child of its own. */
export function tracing(): Reason {
  const missing = program("strace");
  if (missing !== null) return missing;
  const { status } = spawnSync("strace", ["-o", "/dev/null", "-e", "trace=none", "true"], { stdio: "ignore" });
  return status === 0 ? null : "ptrace(2) is not permitted here";
}

/** A wrapper that kills the traced process, and not what it starts, as it enters its nth call of one kind. */
export const killAt = (call: string, nth: number): readonly string[] => [
  "strace",
  ...["-qq", "-o", "/dev/null"],
  ...["-e", `trace=${call}`, "-e", "signal=none", "-e", `inject=${call}:signal=KILL:when=${nth}`],
];
