import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { toByteString } from "../kernel/index.ts";
import type { CorralError } from "../report/index.ts";
import { errnoOf } from "../report/index.ts";
import type { RunSpec } from "./spec.ts";
import { startErrorOf } from "./start-error.ts";

/** Where programs are when the environment has no PATH (native/launcher, execvp(3)). */
const defaultPath = "/bin:/usr/bin";

/** Failures after which execvp(3) looks in the next directory. */
const goesOn: readonly string[] = ["EACCES", "ENOENT", "ESTALE", "ENOTDIR", "ENODEV", "ETIMEDOUT"];

type Judge = (path: string) => void;

/** The name of the errno that a look at a path fails with; null when it does not fail. */
function failureOf(path: string, judge: Judge): string | null {
  try {
    judge(path);
    return null;
  } catch (thrown) {
    return errnoOf(thrown) ?? "error";
  }
}

/** A path as the kernel takes it, with every byte that it had on the command line. */
const bytesOf = (path: string): Buffer => Buffer.from(toByteString(path), "latin1");

const refuse = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

const enter: Judge = (path) => {
  if (!statSync(bytesOf(path)).isDirectory()) refuse("ENOTDIR");
  accessSync(bytesOf(path), constants.X_OK);
};

/** The interpreter that a script names in its first line (execve(2)), which the kernel looks at 256 bytes of; else null. */
function interpreterOf(path: string): string | null {
  const head = Buffer.alloc(256);
  try {
    const fd = openSync(bytesOf(path), "r");
    try {
      readSync(fd, head);
    } finally {
      closeSync(fd);
    }
  } catch {
    // What cannot be read may be executed all the same.
    return null;
  }
  return /^#![ \t]*([^ \t\n\0]+)[ \t\n\0]/.exec(head.toString("latin1"))?.[1] ?? null;
}

const executeIn =
  (workdir: string): Judge =>
  (path) => {
    if (!statSync(bytesOf(path)).isFile()) refuse("EACCES");
    accessSync(bytesOf(path), constants.X_OK);
    const interpreter = interpreterOf(path);
    if (interpreter !== null) statSync(Buffer.from(resolve(workdir, interpreter), "latin1"));
  };

/** The errno that execvp(3) would fail with; null where it would find something to execute. */
function searchFailure(command: string, path: string, workdir: string): string | null {
  const execute = executeIn(workdir);
  if (command === "") return "ENOENT";
  if (command.includes("/")) return failureOf(resolve(workdir, command), execute);
  let failure = "ENOENT";
  for (const directory of path.split(":")) {
    const found = failureOf(resolve(workdir, directory, command), execute);
    if (found === null || !goesOn.includes(found)) return found;
    if (found === "EACCES") failure = found;
  }
  return failure;
}

/**
 * The error that a run is certain to end with before its command executes anything: its working directory or its
 * command is not there, or may not be used. Null where none is certain; the kernel has the last word.
 */
export function foreseeStart({ command, env, attributes }: RunSpec): CorralError | null {
  const program = command[0] ?? "";
  const fail = (stage: string, code: string): CorralError =>
    startErrorOf({ stage, errno: -1, code }, program, attributes);
  const workdir = attributes.workdir ?? ".";
  const entered = failureOf(workdir, enter);
  if (entered !== null) return attributes.workdir === null ? null : fail("workdir", entered);
  const searched = searchFailure(program, env["PATH"] ?? defaultPath, workdir);
  return searched === null ? null : fail("exec", searched);
}
