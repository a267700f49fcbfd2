/** An engine with one rule, the processes it may have, and what comes of them. */
import type { LookedUp } from "../../src/policy/engine/index.ts";
import type { Measure, Sample } from "../../src/policy/index.ts";
import { parsePolicyRules } from "../../src/policy/rules/index.ts";
import { exec, fork } from "./made-events.ts";
import { PolicyHarness, sec } from "./policy-harness.ts";

/** Nanoseconds of seconds, as made events want them. */
export const at = (seconds: number): number => Math.round(seconds * 1e9);

/** An engine with one rule of these lines. */
export function withRule(
  lines: readonly string[],
  options: ConstructorParameters<typeof PolicyHarness>[1] = {},
): PolicyHarness {
  const text = ["version: 1", "rules:", "  - name: r", ...lines.map((line) => `    ${line}`)].join("\n");
  return new PolicyHarness(parsePolicyRules(text, "p.yaml"), options);
}

/** The action of a rule that is not about its action. */
export const signal = "do: { signal: TERM }";
/** What was looked up for a process of a group. */
export const lookedUp = (group: string): LookedUp => ({ groups: [group], memoryGroup: group, cwd: "/" });
export const pidsOf = (host: PolicyHarness): number[] => host.acts.map(({ target }) => target.identity.pid);
export const timesOf = (host: PolicyHarness): number[] => host.acts.map(({ deadlineNs }) => Number(deadlineNs) / 1e9);

/** What an engine wants to be told, as metric and subject. */
export const wantsOf = (host: PolicyHarness) =>
  host.decisions.flatMap((one) => (one.kind === "watch" ? [{ id: one.watchId, ...one.want }] : []));

/** Tells every watch of a metric one value. */
export function sample(host: PolicyHarness, metric: Sample["metric"], value: number, atSec: number): void {
  host.advance(sec(atSec));
  for (const want of wantsOf(host).filter((one) => one.metric === metric))
    host.input({
      kind: "sample",
      watchId: want.id,
      sample: { subject: want.subject, metric, value, atNs: host.nowNs },
    });
}

/** A process that is forked and executes at once. */
export function start(host: PolicyHarness, pid: number, seconds: number, comm = "sh", group = "/g"): void {
  host.event(fork(pid, pid * 10, 1, at(seconds)));
  host.event(exec(pid, pid * 10, 1, at(seconds), comm), lookedUp(group));
}

export const measure = (rssBytes: number, pssBytes = rssBytes): Measure => ({
  atNs: 0n,
  pssBytes,
  rssBytes,
  swapBytes: 0,
  groupCurrentBytes: null,
  groupSwapBytes: null,
});
