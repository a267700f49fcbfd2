import { expect, test } from "vitest";
import { CorralError } from "../../report/index.ts";
import { argumentsJsonSchema, toCallArguments, toCallRequest } from "./call-arguments.ts";

const full = {
  command: ["pytest", "-x"],
  cwd: "/src",
  hint: "memory:1g class=low",
  limits: { memory: "512m", cpu: 150, pids: 40, io: 50 },
  timeout: "5m",
  idempotent: true,
  retry: 1,
  max_output_bytes: 4096,
};

test("the schema that models are shown has the arguments that are taken", () => {
  expect(toCallArguments(full)).toEqual(full);
  expect(Object.keys(argumentsJsonSchema.properties)).toEqual(Object.keys(full));
  expect(Object.keys(argumentsJsonSchema.properties.limits.properties)).toEqual(Object.keys(full.limits));
});

test("separate values stand before the hint, so that they count", () => {
  expect(toCallRequest(full, "s")).toEqual({
    session: "s",
    hint: "memory:512m cpu=150 pids=40 io=50 time=5m memory:1g class=low",
    hint_by: "hint",
    command: "pytest -x",
    idempotent: true,
    retry: 1,
  });
});

test("an idempotent call is run again twice at most unless it says otherwise, any other never", () => {
  const retryOf = (more: object): number | undefined => toCallRequest({ command: ["true"], ...more }, null).retry;
  expect([retryOf({}), retryOf({ idempotent: true }), retryOf({ idempotent: true, retry: 0 })]).toEqual([0, 2, 0]);
});

test.each([
  [{}, /command/],
  [{ command: "ls" }, /command/],
  [{ command: [] }, /command/],
  [{ command: ["ls"], cwd: "here" }, /absolute path/],
  [{ command: ["ls"], retry: 3 }, /0 to 2/],
  [{ command: ["ls"], shell: true }, /shell/],
  [
    { command: ["ls"], limits: { memory: "lots" } },
    /^limits\.memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "lots"$/,
  ],
  [{ command: ["ls"], limits: { memory: "1g class=high" } }, /limits\.memory expects/],
  [{ command: ["ls"], timeout: "soon" }, /^timeout expects a duration such as 30s or 5m, not "soon"$/],
  [{ command: ["ls", 7] }, /^command\[1\] expects a text, not 7$/],
  [null, /^the request expects keys and values, not nothing$/],
])("arguments that are none are refused: %j", (given, why) => {
  expect(() => toCallArguments(given)).toThrow(CorralError);
  expect(() => toCallArguments(given)).toThrow(why);
});
