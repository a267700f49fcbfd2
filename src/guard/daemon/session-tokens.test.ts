import { expect, test } from "vitest";
import type { GuardEvent } from "./guard-event.ts";
import type { StoredTokens } from "./session-tokens.ts";
import { SessionTokens } from "./session-tokens.ts";

/** A file that is kept in memory. */
function memoryFile() {
  let text: string | null = null;
  return {
    read: () => (text === null ? null : (JSON.parse(text) as StoredTokens)),
    write: (content: StoredTokens) => {
      text = JSON.stringify(content);
    },
    text: () => text ?? "",
  };
}

const owner = 1000;
const ownerOf = () => owner;
const removed = (session: string): GuardEvent => ({ event: "SESSION_REMOVED", session, not_restored: [], by: "guard" });
const created = (session: string, adopted: boolean): GuardEvent => ({
  event: "SESSION_CREATED",
  session,
  class: "normal",
  owner,
  adopted,
});

test("a token opens its session, another text none", () => {
  const tokens = new SessionTokens(memoryFile());
  const [a, b] = [tokens.issue("a", owner), tokens.issue("b", owner)];
  expect([tokens.sessionOf(a, ownerOf), tokens.sessionOf(b, ownerOf)]).toEqual(["a", "b"]);
  for (const text of ["", "a", a.slice(0, -1), `${a}x`, a.toUpperCase()])
    expect(tokens.sessionOf(text, ownerOf)).toBeNull();
});

test("a new token, a revocation, the end of the session and another owner take a token's worth away", () => {
  const tokens = new SessionTokens(memoryFile());
  const first = tokens.issue("a", owner);
  const second = tokens.issue("a", owner);
  expect([tokens.sessionOf(first, ownerOf), tokens.sessionOf(second, ownerOf)]).toEqual([null, "a"]);
  expect([tokens.sessionOf(second, () => 1001), tokens.sessionOf(second, () => null)]).toEqual([null, null]);
  expect([tokens.revoke("a"), tokens.revoke("a"), tokens.sessionOf(second, ownerOf)]).toEqual([true, false, null]);
  const third = tokens.issue("a", owner);
  tokens.heed(removed("a"));
  expect(tokens.sessionOf(third, ownerOf)).toBeNull();
});

test("a token outlives its guard, but opens no later session of the same name; the file has no token", () => {
  const file = memoryFile();
  const token = new SessionTokens(file).issue("a", owner);
  expect(file.text()).not.toContain(token);
  const next = new SessionTokens(file);
  next.heed(created("a", true));
  expect(next.sessionOf(token, ownerOf)).toBe("a");
  next.heed(created("a", false));
  expect([next.sessionOf(token, ownerOf), new SessionTokens(file).sessionOf(token, ownerOf)]).toEqual([null, null]);
});
