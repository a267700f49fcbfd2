import { expect, test } from "vitest";
import type { Caller, SessionAction } from "./authorise.ts";
import { decide, isHost, sessionActions } from "./authorise.ts";

const alices = { name: "a", owner: 1000 };
const hosts = { name: "session_high", owner: 0 };
const caller = (uid: number, inside: string | null = null): Caller => ({ uid, pid: 1, inside, bearer: null });

const answers = (who: Caller, session: typeof alices): Record<SessionAction, string> =>
  Object.fromEntries(sessionActions.map((action) => [action, decide(who, action, session, 0)])) as Record<
    SessionAction,
    string
  >;

const all = (decision: string): Record<string, string> =>
  Object.fromEntries(sessionActions.map((action) => [action, decision]));

test("who runs the host may do everything, who owns a session everything to that one", () => {
  expect(answers(caller(0), alices)).toEqual(all("yes"));
  expect(answers(caller(1000), alices)).toEqual(all("yes"));
});

test("to another user there is no such session, whatever he wants of it", () => {
  expect(answers(caller(1001), alices)).toEqual(all("hidden"));
  expect(answers(caller(1000), hosts)).toEqual(all("hidden"));
});

test("who is inside of a session has nothing to do with another, be he root or its owner", () => {
  expect(answers(caller(0, "b"), alices)).toEqual(all("hidden"));
  expect(answers(caller(1000, "b"), alices)).toEqual(all("hidden"));
  expect(isHost(caller(0, "b"), 0)).toBe(false);
});

test("who is inside of a session may run calls in it and see it, and not change what holds him", () => {
  const confined = { ...all("denied"), see: "yes", call: "yes" };
  expect(answers(caller(1001, "a"), alices)).toEqual(confined);
  expect(answers(caller(0, "a"), alices)).toEqual(confined);
});

test("an owner inside of his own session changes it within his bounds, but cannot stop or remove it from there", () => {
  expect(answers(caller(1000, "a"), alices)).toEqual({
    ...all("yes"),
    hold: "denied",
    remove: "denied",
    token: "denied",
  });
});

test("a session of root is nobody's by its user id alone", () => {
  expect(answers(caller(0, "x"), hosts)).toEqual(all("hidden"));
});

test("the user of an unprivileged guard runs his own host", () => {
  expect([isHost(caller(1000), 1000), isHost(caller(1000), 0), isHost(caller(0), 1000)]).toEqual([true, false, true]);
});

test("who shows the token of a session may see it and run calls in it, and nothing of another", () => {
  const bearer: Caller = { uid: 1001, pid: 1, inside: null, bearer: "a" };
  expect(answers(bearer, alices)).toEqual({ ...all("denied"), see: "yes", call: "yes" });
  expect(answers(bearer, { name: "b", owner: 1000 })).toEqual(all("hidden"));
});

test("a token takes nothing from an owner, and gives nothing to who is inside of another session", () => {
  expect(answers({ uid: 1000, pid: 1, inside: null, bearer: "a" }, alices)).toEqual(all("yes"));
  expect(answers({ uid: 1000, pid: 1, inside: "b", bearer: "a" }, alices)).toEqual(all("hidden"));
});
