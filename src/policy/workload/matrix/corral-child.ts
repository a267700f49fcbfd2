import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** How this program starts itself: the interpreter, its flags and its file. */
export interface OwnProgram {
  readonly file: string;
  readonly args: readonly string[];
}

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface CorralChild {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly end: Promise<ChildEnd>;
}

const endOf = (child: ChildProcess): Promise<ChildEnd> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: error.message }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });

/** As a shell has it. */
export const statusOf = ({ code, signal }: ChildEnd, signalNumber: (name: string) => number | null): number =>
  code ?? 128 + (signalNumber(signal ?? "") ?? 0);

/**
 * Starts a Corral whose standard output is read by us, or goes to a file.
 * @throws the errno of a file that cannot be made
 */
export function startCorral(
  own: OwnProgram,
  args: readonly string[],
  output: { readonly stdout: string | null; readonly stderr: string; readonly env: NodeJS.ProcessEnv },
): CorralChild {
  const stderr = openSync(output.stderr, "a", 0o640);
  const stdout = output.stdout === null ? null : openSync(output.stdout, "wx", 0o640);
  try {
    const child = spawn(own.file, [...own.args, ...args], {
      stdio: ["ignore", stdout ?? "pipe", stderr],
      env: output.env,
    });
    return { process: child, pid: child.pid ?? 0, end: endOf(child) };
  } finally {
    closeSync(stderr);
    if (stdout !== null) closeSync(stdout);
  }
}
