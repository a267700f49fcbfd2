import { expect, test } from "vitest";
import type { ErrorCode } from "../../report/index.ts";
import { CorralError, errorCodes } from "../../report/index.ts";
import { kindOfFailure, pauseBefore } from "./failure.ts";

const codesOfKind = (kind: string): string[] =>
  Object.keys(errorCodes).filter((code) => kindOfFailure(new CorralError(code as ErrorCode, "")) === kind);

test("every error code has one kind of failure; what is not known to come again is tried again", () => {
  expect(Object.fromEntries(["gone", "protected", "permanent"].map((kind) => [kind, codesOfKind(kind)]))).toEqual({
    gone: ["PROCESS_GONE"],
    protected: ["PROCESS_PROTECTED", "PROCESS_GOVERNED", "PROCESS_MANAGED"],
    permanent: ["USAGE", "STRICT_REFUSED", "CGROUP_PARENT", "NATIVE_MISSING"],
  });
  expect(codesOfKind("transient")).toContain("STATE_UNWRITABLE");
});

test("what the kernel refused is judged by the errno", () => {
  const kindOf = (found: string): string => kindOfFailure({ code: "CGROUP_IO", found });
  expect(["ESRCH", "EPERM", "EACCES", "EINVAL", "EROFS", "EBUSY", "ENOMEM", "EAGAIN", "ENOSPC"].map(kindOf)).toEqual([
    "gone",
    ...["permanent", "permanent", "permanent", "permanent"],
    ...["transient", "transient", "transient", "transient"],
  ]);
});

test("a code that says it all is not overruled by an errno", () => {
  expect(kindOfFailure({ code: "PROCESS_MANAGED", found: "ESRCH" })).toBe("protected");
});

test("each pause is twice the one before, up to the longest, and after the last attempt there is none", () => {
  const policy = { attempts: 6, initialMs: 1000, maxMs: 5000 };
  expect([1, 2, 3, 4, 5, 6, 7].map((attempts) => pauseBefore(policy, attempts))).toEqual([
    ...[1000, 2000, 4000, 5000, 5000],
    ...[null, null],
  ]);
  expect(pauseBefore({ attempts: 1, initialMs: 1, maxMs: 1 }, 1)).toBeNull();
  expect(pauseBefore({ attempts: 100, initialMs: 1000, maxMs: 300_000 }, 99)).toBe(300_000);
});
