import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { AttachOptions } from "../../src/index.ts";
import type { Bench } from "./bench.ts";
import { openPackageRoot } from "./readable-copy.ts";
import { scaled } from "./timing.ts";

/** Options by which a job of the library, in this process, belongs to a workbench. */
export const benchOptions = (bench: Bench): Pick<AttachOptions, "stateDirectory" | "cgroupParent"> => ({
  stateDirectory: bench.stateDir,
  cgroupParent: bench.parent.argument,
});

/** Variables of a workload by which the workbench finds what is left of it. */
export const benchMark = (bench: Bench): { readonly CORRAL_TEST_MARK: string } => ({
  CORRAL_TEST_MARK: bench.env["CORRAL_TEST_MARK"] ?? "",
});

/** How a program that uses the library ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of its own that imports the built library: `corral` has its exports. */
export interface LibraryProgram {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
}

/** Starts a program in JavaScript, with top-level await, in the environment of a workbench. */
export function startProgram(
  bench: Bench,
  source: string,
  extraEnv: Readonly<Record<string, string>> = {},
): LibraryProgram {
  const file = bench.fresh("program.mjs");
  const library = pathToFileURL(path.join(openPackageRoot(), "dist/lib/index.js")).href;
  writeFileSync(file, `import * as corral from ${JSON.stringify(library)};\n${source}`);
  let finish: (end: ProgramEnd) => void = () => {};
  const ended = new Promise<ProgramEnd>((resolve) => {
    finish = resolve;
  });
  const options = {
    env: { ...bench.env, ...extraEnv },
    cwd: bench.dir,
    timeout: scaled(30_000),
    killSignal: "SIGKILL" as const,
  };
  const child = execFile(process.execPath, [file], options, (error, stdout, stderr) =>
    finish({ status: error === null ? 0 : child.exitCode, signal: child.signalCode, stdout, stderr }),
  );
  return { pid: child.pid ?? -1, ended };
}

/** Runs such a program to its end. */
export const runProgram = (...program: Parameters<typeof startProgram>): Promise<ProgramEnd> =>
  startProgram(...program).ended;
