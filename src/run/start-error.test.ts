import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { LauncherFailure } from "../kernel/index.ts";
import { noAttributes } from "./spec.ts";
import { startErrorOf } from "./start-error.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-start-error-"));
const script = join(directory, "script");
writeFileSync(script, "#!/no/such/interpreter\n");
afterAll(() => rmSync(directory, { recursive: true }));

const fail = (stage: string, code: string | null): LauncherFailure => ({ stage, errno: code === null ? 0 : 1, code });

/** [failure, command, exit status, message, fix] */
test.each<[LauncherFailure, string, number, string, string | null]>([
  [fail("exec", "ENOENT"), "nope", 127, '"nope": command not found', null],
  [fail("exec", "ENOENT"), `${directory}/nope`, 127, `"${directory}/nope": command not found`, null],
  [
    fail("exec", "ENOENT"),
    script,
    127,
    `"${script}" needs an interpreter that does not exist`,
    "check its first line (#!) or its dynamic loader",
  ],
  [fail("exec", "EACCES"), script, 126, `"${script}" cannot be executed: permission denied`, null],
  [fail("exec", "EACCES"), directory, 126, `"${directory}" is a directory`, null],
  [fail("exec", "ENOEXEC"), script, 126, `"${script}" cannot be executed: not a program for this machine`, null],
  [fail("exec", "E2BIG"), "make", 126, '"make" cannot be executed: E2BIG', null],
  [fail("exec", null), "make", 126, '"make" cannot be executed: unknown error', null],
  [fail("workdir", "ENOENT"), "make", 125, 'cannot enter the working directory "/gone": ENOENT', null],
  [
    fail("uid", "EPERM"),
    "make",
    125,
    "cannot become the user or group asked for: EPERM",
    "only root may run a workload as somebody else",
  ],
  [
    fail("gid", "EPERM"),
    "make",
    125,
    "cannot become the user or group asked for: EPERM",
    "only root may run a workload as somebody else",
  ],
  [
    fail("groups", "EPERM"),
    "make",
    125,
    "cannot become the user or group asked for: EPERM",
    "only root may run a workload as somebody else",
  ],
  [fail("join", "EBUSY"), "make", 125, "cannot start the workload: join failed with EBUSY", null],
  [fail("usage", null), "make", 125, "cannot start the workload: usage failed with an error", null],
])("%j of %s ends with %i", (failure, command, status, message, fix) => {
  const error = startErrorOf(failure, command, { ...noAttributes, workdir: "/gone" });
  expect([error.exitStatus, error.message, error.fix]).toEqual([status, message, fix]);
  expect(error.found).toBe(error.code === "COMMAND_NOT_FOUND" || command === directory ? null : failure.code);
});

test("a command's name cannot break the line it is shown in", () => {
  expect(startErrorOf(fail("exec", "ENOENT"), "a\nb\u001b[31m", noAttributes).message).toBe(
    '"a\\nb\\u001b[31m": command not found',
  );
});
