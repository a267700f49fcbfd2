import { expect, test } from "vitest";
import { changeSession, toNewSession } from "./session-request.ts";
import { plainTools } from "./session-settings.ts";
import { ttlMs } from "./time-to-live.ts";

test("a time to live is a duration of a second or more, or never", () => {
  expect([ttlMs("2h"), ttlMs("1s"), ttlMs("never")]).toEqual([7_200_000, 1000, null]);
  expect(() => ttlMs("10ms")).toThrow(/expects 1s or more, or never/);
  expect(() => ttlMs("soon")).toThrow(RangeError);
});

test("a session keeps its time to live unless a change says otherwise", () => {
  const made = toNewSession({ name: "s", ttl: "2h" }, { owner: 1, tools: plainTools, limits: {}, best: null });
  expect(made.ttlMs).toBe(7_200_000);
  expect(changeSession(made, {}).ttlMs).toBe(7_200_000);
  expect(changeSession(made, { ttl: "never" }).ttlMs).toBeNull();
  expect(toNewSession({ name: "s" }, { owner: 1, tools: plainTools, limits: {}, best: null }).ttlMs).toBeNull();
});
