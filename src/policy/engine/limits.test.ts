import { expect, test } from "vitest";
import { exit } from "../../../test/shared/made-events.ts";
import { at, measure, pidsOf, signal, start, timesOf, withRule } from "../../../test/shared/one-rule.ts";
import { ms, sec } from "../../../test/shared/policy-harness.ts";

test("at most so many are under way, the others wait for their turn in order, and not for ever", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "limits: { in_flight: 2, wait: 10s }"]);
  for (const pid of [2, 3, 4, 5]) start(host, pid, 1);
  host.advance(sec(4));
  expect(pidsOf(host)).toEqual([2, 3]);
  host.answer("applied", {}, 0);
  expect(pidsOf(host)).toEqual([2, 3, 4]);
  host.advance(sec(12));
  expect(host.outcomes).toEqual(["2/1 applied", "5/1 suppressed"]);
  expect(host.attempts[1]?.reason).toBe("in-flight cap: 2 under way");
});

test("a herd of five hundred within a second never has more than four under way, and every one is resolved", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "limits: { in_flight: 4, wait: 30s }"]);
  for (let index = 0; index < 500; index += 1) start(host, 1000 + index, 1 + index / 500);
  let answered = 0;
  for (let nowMs = 2000; nowMs < 60_000; nowMs += 100) {
    host.advance(ms(nowMs));
    if (host.acts.length - answered > 4) throw new Error("more than four at a time");
    // Each takes up to three tenths of a second.
    const until = nowMs % 300 === 0 ? host.acts.length : answered;
    for (; answered < until; answered += 1) host.answer("applied", {}, answered);
  }
  const applied = host.attempts.filter(({ outcome }) => outcome === "applied").length;
  const suppressed = host.attempts.filter(({ outcome }) => outcome === "suppressed").length;
  expect([host.engine.size().mostInFlight, applied + suppressed, applied > 300]).toEqual([4, 500, true]);
});

test("a token bucket lets a burst through, and then so many in a time", () => {
  const host = withRule([
    "when: { exec: { after: 1s } }",
    signal,
    "limits: { in_flight: 99, wait: 1h, rate: { count: 2, per: 10s, burst: 3 } }",
  ]);
  for (let pid = 2; pid < 9; pid += 1) start(host, pid, 1);
  const counts: number[] = [];
  for (const second of [2, 6.9, 7, 11.9, 12, 17]) {
    host.advance(sec(second));
    counts.push(host.acts.length);
  }
  expect(counts).toEqual([3, 3, 4, 4, 5, 6]);
});

test("jitter puts deadlines off by the seed, the same each time, and never beyond its bound", () => {
  const run = (seed: number): number[] => {
    const host = withRule(["when: { exec: { after: 1s } }", signal, "limits: { jitter: 10s, in_flight: 99 }"], {
      seed,
    });
    for (let pid = 2; pid < 22; pid += 1) start(host, pid, 1);
    host.advance(sec(100));
    return timesOf(host);
  };
  const times = run(7);
  expect([times.length, times, times.every((time) => time >= 2 && time < 12)]).toEqual([20, run(7), true]);
  expect(new Set(times).size).toBe(20);
  expect(run(8)).not.toEqual(times);
});

test("within the cooldown of a process nothing is done to it again", () => {
  const host = withRule(["when: { every: 10s }", signal, "limits: { cooldown: 25s }"]);
  start(host, 2, 0);
  for (const second of [10, 20, 30, 40]) {
    host.advance(sec(second));
    if (host.acts.length > host.attempts.filter(({ outcome }) => outcome === "applied").length) host.answer("applied");
  }
  expect(host.outcomes).toEqual(["2/1 applied", "2/1 suppressed", "2/1 suppressed", "2/1 applied"]);
  expect(host.attempts[1]?.reason).toBe("cooldown: acted 10.00 s ago");
});

test("what was not answered is tried again, each pause twice the one before, each try a record of its own", () => {
  const host = withRule([
    "when: { exec: { after: 1s } }",
    signal,
    "limits: { retry: { attempts: 4, initial: 2s, max: 5s } }",
  ]);
  start(host, 2, 0);
  for (const second of [1, 3, 7, 12, 40]) {
    host.advance(sec(second));
    if (host.acts.length > host.attempts.length) host.answer("timeout");
  }
  expect(host.attempts.map(({ tryNumber, outcome }) => `${tryNumber} ${outcome}`)).toEqual([
    "1 timeout",
    "2 timeout",
    "3 timeout",
    "4 timeout",
  ]);
  expect(new Set(host.acts.map(({ requestId }) => requestId)).size).toBe(4);
});

test("what cannot fare better is not tried again", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "limits: { retry: { attempts: 4 } }"]);
  start(host, 2, 0);
  host.advance(sec(1));
  host.answer("rejected");
  host.advance(sec(60));
  expect(host.outcomes).toEqual(["2/1 rejected"]);
});

test("an exit while another try is awaited ends it", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "limits: { retry: { attempts: 2, initial: 10s } }"]);
  start(host, 2, 0);
  host.advance(sec(1));
  host.answer("error");
  host.event(exit(2, 20, 1, at(3)));
  host.advance(sec(60));
  expect([host.acts.length, host.outcomes]).toEqual([1, ["2/1 error", "2/1 exited_before"]]);
});

test("after too many failures in a row the circuit breaker holds everything back, then lets one try", () => {
  const host = withRule(["when: { exec: { after: 0 } }", signal, "limits: { breaker: { failures: 2, pause: 10s } }"]);
  const attempt = (pid: number, second: number, answer: "error" | "applied"): void => {
    start(host, pid, second);
    if (host.acts.length > host.attempts.filter(({ outcome }) => outcome !== "suppressed").length) host.answer(answer);
  };
  attempt(2, 1, "error");
  attempt(3, 2, "error");
  attempt(4, 3, "applied");
  attempt(5, 12.5, "error");
  attempt(6, 13, "applied");
  attempt(7, 23, "applied");
  attempt(8, 23.5, "applied");
  expect(host.outcomes).toEqual([
    "2/1 error",
    "3/1 error",
    "4/1 suppressed",
    "5/1 error",
    "6/1 suppressed",
    "7/1 applied",
    "8/1 applied",
  ]);
  expect(host.attempts[2]?.reason).toBe("circuit breaker: 2 failures in a row");
});

test("an action that gains less than it should is one without gain", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "verify: { min_gain: 1M }"]);
  start(host, 2, 0);
  start(host, 3, 0);
  host.advance(sec(1));
  host.answer("applied", { before: measure(2 ** 24), after: measure(2 ** 24 - 4096) }, 0);
  host.answer("applied", { before: measure(2 ** 24), after: measure(2 ** 22) }, 1);
  expect(host.attempts.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
    "applied_no_gain: made; gained 4.0 KiB, less than 1.0 MiB",
    "applied: made; gained 12.0 MiB",
  ]);
});

test("a gain may be looked for some time later, when it has evaporated", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal, "verify: { after: 5s, min_gain: 1M }"]);
  start(host, 2, 0);
  host.advance(sec(1));
  host.answer("applied", { before: measure(2 ** 24), after: measure(0) });
  host.advance(sec(6));
  const look = host.decisions.find((one) => one.kind === "look");
  host.input({ kind: "measured", lookId: look?.kind === "look" ? look.lookId : 0, measure: measure(2 ** 24) });
  expect(host.attempts.map(({ outcome, result }) => [outcome, result?.after?.pssBytes])).toEqual([
    ["applied_no_gain", 2 ** 24],
  ]);
});
