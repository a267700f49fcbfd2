import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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

/** The same of the process and of each that it makes, which count their own calls: of several kinds, each at its nth. */
export const killEachAt = (calls: Readonly<Record<string, number>>): readonly string[] => [
  "strace",
  ...["-f", "-qq", "-o", "/dev/null"],
  ...["-e", `trace=${Object.keys(calls).join(",")}`, "-e", "signal=none"],
  ...Object.entries(calls).flatMap(([call, nth]) => ["-e", `inject=${call}:signal=KILL:when=${nth}`]),
];

/**
 * Makes the next call of one kind of a process that runs already fail, and all of another kind until the tracing ends;
 * resolves when the process is traced.
 * @returns ends the tracing
 */
export async function failNext(pid: number, call: string, errno: string, always: string): Promise<() => Promise<void>> {
  const tracer = spawn(
    "strace",
    [
      ...["-o", "/dev/null", "-p", String(pid)],
      ...["-e", `trace=${call},${always}`, "-e", "signal=none"],
      ...["-e", `inject=${call}:error=${errno}:when=1`, "-e", `inject=${always}:error=${errno}`],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(tracer, "exit");
  const [line] = (await once(tracer.stderr, "data")) as [Buffer];
  if (!line.includes("attached")) throw new Error(line.toString("utf8"));
  return async () => {
    tracer.kill("SIGINT");
    await ended;
  };
}
