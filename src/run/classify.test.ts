import { expect, test } from "vitest";
import type { ExitReason } from "../report/index.ts";
import { classifyExit } from "./classify.ts";

const codes = [null, 0, 1, 124, 137, 143, 255];
const signals = [null, "SIGKILL", "SIGTERM", "SIGSEGV", "SIGXCPU", "SIGXFSZ"];
const oomCounts = [null, 0, 1, 7];

/** What a signal is called without and with counted kills for lack of memory. */
const ofSignal: Readonly<Record<string, readonly [without: ExitReason, withKills: ExitReason]>> = {
  SIGKILL: ["signal", "oom"],
  SIGTERM: ["signal", "signal"],
  SIGSEGV: ["signal", "signal"],
  SIGXCPU: ["rlimit_cpu", "rlimit_cpu"],
  SIGXFSZ: ["rlimit_fsize", "rlimit_fsize"],
};

/** What an exit code is called, however many kills were counted: a guess from 137 or 143 would be a lie. */
const ofCode: readonly (readonly [number | null, ExitReason])[] = [
  [null, "unknown"],
  [0, "success"],
  [1, "error"],
  [124, "error"],
  [137, "error"],
  [143, "error"],
  [255, "error"],
];

test("a workload that Corral timed out is a timeout, whatever else is known", () => {
  const reasons = codes.flatMap((code) =>
    signals.flatMap((signal) => oomCounts.map((oomKills) => classifyExit({ code, signal, timedOut: true, oomKills }))),
  );
  expect(new Set(reasons)).toEqual(new Set(["timeout"]));
});

test.each(Object.entries(ofSignal))(
  "%s is called %j without and with a counted oom kill",
  (signal, [without, kills]) => {
    const reasons = oomCounts.map((oomKills) => classifyExit({ code: null, signal, timedOut: false, oomKills }));
    expect(reasons).toEqual([without, without, kills, kills]);
  },
);

test.each(ofCode)("exit code %s is %s, oom kills or not", (code, reason) => {
  const reasons = oomCounts.map((oomKills) => classifyExit({ code, signal: null, timedOut: false, oomKills }));
  expect(reasons).toEqual([reason, reason, reason, reason]);
});
