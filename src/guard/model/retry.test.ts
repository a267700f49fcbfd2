import { expect, test } from "vitest";
import type { RetryFacts } from "./retry.ts";
import { planRetry } from "./retry.ts";

const mib = 2 ** 20;
const facts: RetryFacts = {
  asked: 2,
  idempotent: true,
  attempt: 1,
  reason: "oom",
  ownOom: true,
  budgetBytes: 64 * mib,
  ceilingBytes: null,
  headroomBytes: null,
};

test("a call that used up its budget is run again with twice of it", () => {
  expect(planRetry(facts)).toEqual({
    retry: {
      memory_bytes: 128 * mib,
      text: "[Resource] The tool call was killed for lack of memory: its budget of 64 MiB was used up. It is run again with 128 MiB, attempt 2 of 3.",
    },
    not_retried: null,
  });
});

test("a retry stays within the tools' ceiling and within what the session has free", () => {
  expect(planRetry({ ...facts, ceilingBytes: 100 * mib }).retry?.memory_bytes).toBe(100 * mib);
  expect(planRetry({ ...facts, ceilingBytes: 100 * mib, headroomBytes: 90 * mib }).retry?.memory_bytes).toBe(90 * mib);
});

test.each<[string, Partial<RetryFacts>, string | null]>([
  ["nobody asked for it", { asked: 0 }, null],
  ["it ended by itself", { reason: "exit" }, null],
  ["a signal ended it, which is no OOM", { reason: "signal", ownOom: false }, null],
  ["it ran for too long", { reason: "timeout" }, null],
  ["its client went away", { reason: "abandoned" }, null],
  ["it is not idempotent", { idempotent: false }, "not-idempotent"],
  ["its session or the host ran out", { ownOom: false }, "not-own-budget"],
  ["it had no budget", { budgetBytes: null }, "not-own-budget"],
  ["it was the last attempt", { attempt: 3 }, "attempts-used"],
  ["it had all that it may have", { ceilingBytes: 64 * mib }, "no-headroom"],
  ["hardly more is free", { headroomBytes: 79 * mib }, "no-headroom"],
  ["nothing is free", { headroomBytes: 0 }, "no-headroom"],
])("a call is not run again when %s", (_why, change, not_retried) => {
  expect(planRetry({ ...facts, ...change })).toEqual({ retry: null, not_retried });
});
