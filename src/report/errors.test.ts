import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ErrorCode } from "./error-codes.ts";
import { errorCodes } from "./error-codes.ts";
import { CorralError, errnoOf } from "./errors.ts";

test("an error carries its code, what it is about, and the exit status of the code", () => {
  const cause = new Error("inner");
  const error = new CorralError("USAGE", "--nice is wrong", {
    object: "--nice",
    found: "x",
    fix: "give a number",
    cause,
  });
  const { name, code, message, object, found, fix, exitStatus } = error;
  expect({ name, code, message, object, found, fix, exitStatus, cause: error.cause }).toEqual({
    name: "CorralError",
    code: "USAGE",
    message: "--nice is wrong",
    object: "--nice",
    found: "x",
    fix: "give a number",
    exitStatus: 2,
    cause,
  });
  expect(error.toLine()).toBe("--nice is wrong; give a number");
});

test("what is not given is null, and an error without a fix is its message", () => {
  const error = new CorralError("SYSTEMD", "no answer");
  expect([error.object, error.found, error.fix, error.toLine()]).toEqual([null, null, null, "no answer"]);
});

test.each(Object.keys(errorCodes) as ErrorCode[])("%s ends a command with its own exit status", (code) => {
  expect(new CorralError(code, "x").exitStatus).toBe(errorCodes[code].exitStatus);
});

test("anything thrown becomes one line of an internal error, and an error of ours stays itself", () => {
  const ours = new CorralError("SYSTEMD", "no answer");
  expect(CorralError.from(ours)).toBe(ours);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.string().map((text) => new Error(text)),
      ),
      (thrown) => {
        fc.pre(!(thrown !== null && typeof thrown === "object" && !(thrown instanceof Error)));
        const error = CorralError.from(thrown);
        expect([error.code, error.message.includes("\n")]).toEqual(["INTERNAL", false]);
      },
    ),
  );
});

test.each([
  [Object.assign(new Error("x"), { code: "ENOENT" }), "ENOENT"],
  [Object.assign(new Error("x"), { code: "ERR_ARG" }), null],
  [{ code: 2 }, null],
  [new Error("x"), null],
  [null, null],
  ["ENOENT", null],
])("the errno of %s is %s", (thrown, errno) => {
  expect(errnoOf(thrown)).toBe(errno);
});
