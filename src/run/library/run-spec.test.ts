import { expect, test } from "vitest";
import { toRunSpec } from "./run-spec.ts";

const judge = (options: object, command: unknown = "true", args: readonly unknown[] = []) =>
  toRunSpec(command, args, options);

/** Options as JavaScript may hand them over. */
test.each<[object, string]>([
  [{ cpuQuota: 50 }, "there is no option cpuQuota"],
  [{ limits: { cpuQuota: 0 } }, 'limits.cpuQuota expects a number from 1 to 1000000, not "0"'],
  [{ limits: { cpuquota: 5 } }, "there is no option limits.cpuquota"],
  [{ timeout: "5" }, 'timeout needs a unit, as in "10s", or a number of milliseconds: "5"'],
  [{ timeout: "soon" }, 'timeout expects a duration such as 500ms, 10s or 5m, not "soon"'],
  [{ timeout: 0 }, "timeout expects a duration from 1 ms to 31 years, not 0"],
  [{ timeout: true }, 'timeout expects milliseconds, or a text such as "5m", not true'],
  [{ killAfter: Number.NaN }, "killAfter expects a duration from 0 ms to 31 years, not NaN"],
  [{ lifetime: "long" }, 'lifetime expects one of detach, tied, not "long"'],
  [{ jobId: "a/b" }, 'jobId takes 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -, not "a/b"'],
  [{ jobId: "" }, 'jobId expects a text that is not empty, not ""'],
  [{ env: { "A=B": "x" } }, 'env cannot set a variable with the name "A=B"'],
  [{ env: { A: 1 } }, "env.A expects a text without NUL, or undefined, not 1"],
  [{ env: ["A=1"] }, "env expects variables by name, not a list"],
  [{ tags: { a: 1 } }, "tags.a expects a text, not 1"],
  [{ user: "no such user" }, 'user names no user: "no such user"'],
  [{ strict: "yes" }, 'strict expects true or false, not "yes"'],
  [{ signal: {} }, "signal expects an AbortSignal"],
  [{ onWarning: "print" }, "onWarning expects a function"],
  [{ preset: "huge" }, 'preset expects one of default, low, high, memory, balanced, not "huge"'],
])("%j is refused: %s", (options, message) => {
  expect(() => judge(options)).toThrow(expect.objectContaining({ code: "USAGE", message }));
});

test.each<[unknown, readonly unknown[], string]>([
  ["", [], "command names no program"],
  [[], [], "command names no program"],
  [null, [], "command[0] expects a text, not null"],
  ["echo", ["a", 5], "command[2] expects a text, not 5"],
  ["echo", ["a\0b"], 'command[1] must not hold a NUL character: "a\\u0000b"'],
])("the command %j with %j is refused: %s", (command, args, message) => {
  expect(() => judge({}, command, args)).toThrow(expect.objectContaining({ code: "USAGE", message }));
});

test("an option that is undefined was not given, and every default is the documented one", () => {
  const { env: _, ...spec } = judge(
    { limits: undefined, timeout: undefined, cgroupParent: "below" },
    ["a", "b"],
    ["c"],
  );
  expect(spec).toEqual({
    command: ["a", "b", "c"],
    jobId: null,
    limits: {},
    attributes: {
      nice: null,
      oomScore: null,
      ioPriority: null,
      sched: null,
      affinity: null,
      rlimits: [],
      workdir: null,
      uid: null,
      gid: null,
      groups: null,
    },
    timeoutMs: null,
    killAfterMs: 10_000,
    lifetime: "detach",
    processGroup: "own",
    slaEligible: false,
    intent: null,
    tags: {},
    cgroupParent: "below",
    scope: "auto",
    account: true,
    strict: false,
  });
});

test.each<[number | string, number]>([
  [1500, 1500],
  ["1500ms", 1500],
  ["1.5s", 1500],
  [" 5m ", 300_000],
  ["1h", 3_600_000],
])("a duration of %j is %i ms", (timeout, ms) => {
  expect(judge({ timeout, killAfter: timeout })).toMatchObject({ timeoutMs: ms, killAfterMs: ms });
});

test("limits override those of the preset, key by key", () => {
  expect(judge({ preset: "low", limits: { nice: 3 } })).toMatchObject({
    limits: { cpuWeight: 50 },
    attributes: { nice: 3 },
  });
});

test("a user is given by name or number, and brings his groups", () => {
  expect(judge({ user: 0 }).attributes).toMatchObject({ uid: 0, gid: 0, groups: expect.arrayContaining([0]) });
  expect(judge({ user: "root", group: 65_534 }).attributes).toMatchObject({ uid: 0, gid: 65_534 });
  expect(judge({ group: 0 }).attributes).toMatchObject({ uid: null, gid: 0, groups: null });
});
