import { expect, test } from "vitest";
import { Retries } from "./retries.ts";

const result = { call: "tool_1", session: "s", attempts: [] };

test("a connection has a retry from when it is granted to when it is used", () => {
  const retries = new Retries();
  const connection = new AbortController().signal;
  retries.grant(connection, {}, { ...result, retry: null });
  expect(retries.holds(connection)).toBe(false);
  retries.grant(connection, {}, { ...result, retry: { memory_bytes: 1, text: "again" } });
  expect([retries.holds(connection), retries.holds(new AbortController().signal)]).toEqual([true, false]);
  expect(retries.take(connection, "tool_1", "other")).toBe(null);
  expect(retries.holds(connection)).toBe(true);
  expect(retries.take(connection, "tool_1", "s")?.memoryBytes).toBe(1);
  expect(retries.holds(connection)).toBe(false);
});
