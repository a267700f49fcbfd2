import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StoredDeadlines } from "./expiry.ts";
import { Expiry } from "./expiry.ts";
import type { GuardEvent } from "./guard-event.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const minuteMs = 60_000;

interface Life {
  readonly ttlMs: number | null;
  readonly stored?: StoredDeadlines;
  readonly fails?: boolean;
}

/** Sessions that all live for the same time, under a clock that the test moves. */
function lives({ ttlMs, stored, fails = false }: Life) {
  const told: string[] = [];
  let file: StoredDeadlines | null = stored ?? null;
  const expiry = new Expiry({
    file: {
      read: () => file,
      write: (content) => {
        file = content;
      },
    },
    ttlMs: () => ttlMs,
    end: (session) => {
      told.push(`end ${session}`);
      if (fails) return Promise.reject(new Error("they stay"));
      expiry.heed({ event: "SESSION_REMOVED", session, not_restored: [], by: "guard" });
      return Promise.resolve();
    },
    tell: ({ event, session }) => told.push(`${event} ${session}`),
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
  });
  return { expiry, told, file: () => file };
}

const created = (adopted: boolean): GuardEvent => ({
  event: "SESSION_CREATED",
  session: "s",
  class: "normal",
  owner: 0,
  adopted,
});
const changed: GuardEvent = { event: "SESSION_CHANGED", session: "s", class: "normal", lacking: [], by: 0 };

test("a session ends when its time is over, told first, and once", async () => {
  const { expiry, told, file } = lives({ ttlMs: minuteMs });
  expiry.heed(created(false));
  await vi.advanceTimersByTimeAsync(minuteMs - 1);
  expect([told, expiry.leftMs("s")]).toEqual([[], 1]);
  await vi.advanceTimersByTimeAsync(10 * minuteMs);
  expect(told).toEqual(["SESSION_EXPIRED s", "end s"]);
  expect([expiry.leftMs("s"), file()]).toEqual([null, { deadlines: {} }]);
});

test("a change renews a session", async () => {
  const { expiry, told } = lives({ ttlMs: minuteMs });
  expiry.heed(created(false));
  await vi.advanceTimersByTimeAsync(minuteMs - 1);
  expiry.heed(changed);
  await vi.advanceTimersByTimeAsync(minuteMs - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["SESSION_EXPIRED s", "end s"]);
});

test("a session without a time to live stays, and one that is removed does not end again", async () => {
  const forever = lives({ ttlMs: null });
  forever.expiry.heed(created(false));
  const gone = lives({ ttlMs: minuteMs });
  gone.expiry.heed(created(false));
  gone.expiry.heed({ event: "SESSION_REMOVED", session: "s", not_restored: [], by: 0 });
  await vi.advanceTimersByTimeAsync(100 * minuteMs);
  expect([forever.told, gone.told, forever.expiry.leftMs("s")]).toEqual([[], [], null]);
});

test("a restart of the guard does not renew what it takes up, and a deadline that passed meanwhile is due at once", async () => {
  const inNs = (ms: number): string => String(BigInt(Date.now() + ms) * 1_000_000n);
  const later = lives({ ttlMs: minuteMs, stored: { deadlines: { s: inNs(10) } } });
  later.expiry.heed(created(true));
  expect(later.expiry.leftMs("s")).toBe(10);
  const past = lives({ ttlMs: minuteMs, stored: { deadlines: { s: inNs(-5) } } });
  past.expiry.heed(created(true));
  await vi.advanceTimersByTimeAsync(10);
  expect([later.told, past.told]).toEqual([
    ["SESSION_EXPIRED s", "end s"],
    ["SESSION_EXPIRED s", "end s"],
  ]);
});

test("a time farther away than a timer reaches is waited for all the same", async () => {
  const days = 60 * 24 * 60 * minuteMs;
  const { expiry, told } = lives({ ttlMs: days });
  expiry.heed(created(false));
  await vi.advanceTimersByTimeAsync(days - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["SESSION_EXPIRED s", "end s"]);
});

test("what cannot be ended is told, and tried again a minute later", async () => {
  const { expiry, told } = lives({ ttlMs: minuteMs, fails: true });
  expiry.heed(created(false));
  await vi.advanceTimersByTimeAsync(2 * minuteMs);
  expect(told).toEqual(["SESSION_EXPIRED s", "end s", "WARNING s", "SESSION_EXPIRED s", "end s", "WARNING s"]);
  expiry.close();
});
