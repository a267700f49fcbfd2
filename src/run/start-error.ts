import type { Stats } from "node:fs";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LauncherFailure } from "../kernel/index.ts";
import { CorralError, quote } from "../report/index.ts";
import type { ProcessAttributes } from "./spec.ts";

/** What lies at the path of a command; null when nothing does, or it cannot be reached. */
function lookAt(command: string, from: readonly string[]): Stats | null {
  try {
    return command.includes("/") ? statSync(resolve(...from, command)) : null;
  } catch {
    return null;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOEXEC: "not a program for this machine",
  ENOTDIR: "a part of its path is not a directory",
  ENAMETOOLONG: "its name is too long",
};

function execError(command: string, from: readonly string[], code: string | null): CorralError {
  const object = command;
  if (code === "ENOENT") {
    return lookAt(command, from) !== null
      ? new CorralError("COMMAND_NOT_FOUND", `${quote(command)} needs an interpreter that does not exist`, {
          object,
          fix: "check its first line (#!) or its dynamic loader",
        })
      : new CorralError("COMMAND_NOT_FOUND", `${quote(command)}: command not found`, { object });
  }
  if (lookAt(command, from)?.isDirectory() === true)
    return new CorralError("COMMAND_NOT_EXECUTABLE", `${quote(command)} is a directory`, { object });
  const why = code === null ? "unknown error" : (reasons[code] ?? code);
  return new CorralError("COMMAND_NOT_EXECUTABLE", `${quote(command)} cannot be executed: ${why}`, {
    object,
    ...(code === null ? {} : { found: code }),
  });
}

/**
 * The launcher's reason for not becoming the workload, as an error with the right exit status.
 * @param cwd where it was started from
 */
export function startErrorOf(
  fail: LauncherFailure,
  command: string,
  attributes: ProcessAttributes,
  cwd = ".",
): CorralError {
  const found = fail.code === null ? {} : { found: fail.code };
  if (fail.stage === "exec") return execError(command, [cwd, attributes.workdir ?? "."], fail.code);
  if (fail.stage === "workdir") {
    const workdir = attributes.workdir ?? "";
    return new CorralError(
      "START_FAILED",
      `cannot enter the working directory ${quote(workdir)}: ${fail.code ?? "error"}`,
      { object: workdir, ...found },
    );
  }
  if (fail.stage === "uid" || fail.stage === "gid" || fail.stage === "groups") {
    return new CorralError("START_FAILED", `cannot become the user or group asked for: ${fail.code ?? "error"}`, {
      object: fail.stage,
      ...found,
      fix: "only root may run a workload as somebody else",
    });
  }
  return new CorralError(
    "START_FAILED",
    `cannot start the workload: ${fail.stage} failed with ${fail.code ?? "an error"}`,
    { object: fail.stage, ...found },
  );
}
