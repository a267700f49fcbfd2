import { statSync } from "node:fs";
import type { LauncherFailure } from "../kernel/index.ts";
import { CorralError, quote } from "../report/index.ts";
import type { ProcessAttributes } from "./spec.ts";

const isDirectory = (path: string): boolean =>
  path.includes("/") && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function execError(command: string, code: string | null): CorralError {
  const object = command;
  if (code === "ENOENT") {
    const exists = command.includes("/") && statSync(command, { throwIfNoEntry: false }) !== undefined;
    return exists
      ? new CorralError("COMMAND_NOT_FOUND", `${quote(command)} needs an interpreter that does not exist`, {
          object,
          fix: "check its first line (#!) or its dynamic loader",
        })
      : new CorralError("COMMAND_NOT_FOUND", `${quote(command)}: command not found`, { object });
  }
  if (isDirectory(command))
    return new CorralError("COMMAND_NOT_EXECUTABLE", `${quote(command)} is a directory`, { object });
  const why =
    code === "EACCES"
      ? "permission denied"
      : code === "ENOEXEC"
        ? "not a program for this machine"
        : (code ?? "unknown error");
  return new CorralError("COMMAND_NOT_EXECUTABLE", `${quote(command)} cannot be executed: ${why}`, {
    object,
    ...(code === null ? {} : { found: code }),
  });
}

/** The launcher's reason for not becoming the workload, as an error with the right exit status. */
export function startErrorOf(fail: LauncherFailure, command: string, attributes: ProcessAttributes): CorralError {
  const found = fail.code === null ? {} : { found: fail.code };
  if (fail.stage === "exec") return execError(command, fail.code);
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
