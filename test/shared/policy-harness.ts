import type { LifecycleEvent } from "../../src/events/index.ts";
import type { ProcessIdentity } from "../../src/kernel/index.ts";
import { toPid } from "../../src/kernel/index.ts";
import type { Act, AdoptedProcess, Decision, EngineInput, KeptCase, LookedUp } from "../../src/policy/engine/index.ts";
import { PolicyEngine } from "../../src/policy/engine/index.ts";
import type { ActionResult, Attempt, Enrolment, Outcome, UnenrolReason } from "../../src/policy/index.ts";
import type { Rule } from "../../src/policy/rules/index.ts";

/** As the made events have it. */
const madeBootId = "b00t";

export const ms = (value: number): bigint => BigInt(Math.round(value * 1e6));
export const sec = (value: number): bigint => ms(value * 1000);

const identityOf = (pid: number, startTicks: number): ProcessIdentity => ({
  bootId: madeBootId,
  pid: toPid(pid),
  startTicks,
});

export function enrolmentOf(pid: number, startTicks: number, changes: Partial<Enrolment> = {}): Enrolment {
  return {
    token: `token-${pid}-${startTicks}`,
    identity: identityOf(pid, startTicks),
    uid: 1000,
    gid: 1000,
    name: "worker",
    tags: {},
    verbs: ["compress"],
    protocol: "v2",
    arena: { useMemArena: true, capMb: 64, minSavingsPercent: 5, regionMb: 128 },
    enrolledNs: 0n,
    ...changes,
  };
}

export function resultOf(outcome: Outcome, changes: Partial<ActionResult> = {}): ActionResult {
  return {
    outcome,
    reason: "made",
    errno: null,
    before: null,
    after: null,
    affected: null,
    amountBytes: null,
    stats: null,
    phases: null,
    startedNs: 0n,
    requestedNs: 0n,
    acknowledgedNs: null,
    finishedNs: 0n,
    ...changes,
  };
}

/** What an earlier run left of the rule `r` and a process: a deadline at 99 s. */
export const keptOf = (pid: number, changes: Partial<KeptCase> = {}): KeptCase => ({
  rule: "r",
  action: "message",
  process: {
    identity: identityOf(pid, pid * 10),
    generation: 3,
    comm: "sh",
    exe: "/bin/sh",
    uid: 1000,
    cgroup: null,
    ppid: 1,
    lineageRootPid: 1,
    execNs: sec(94),
    exitNs: null,
    exitCode: null,
    exitSignal: null,
    enrolled: true,
    workloadName: "worker",
    arena: null,
  },
  deadlineNs: sec(99),
  acting: false,
  tryNumber: 1,
  unwritten: [],
  ...changes,
});

/** An attempt of an earlier run on a process of `keptOf`, whose record waits. */
export const earlierAttempt = ({ process, rule, action }: KeptCase, outcome: Outcome): Attempt => ({
  runId: "earlier",
  attemptId: "1",
  tryNumber: 1,
  rule,
  action,
  process,
  deadlineNs: sec(99),
  outcome,
  reason: "made earlier",
  degraded: false,
  result: null,
  stats: null,
  wallTimeMs: 99_000,
});

/** What is left of the omitted kind of input. */
type Untimed<T> = T extends unknown ? Omit<T, "nowNs"> : never;

/** An engine on a made clock: what it decides is kept, what it is told is at the time that was set. */
export class PolicyHarness {
  readonly engine: PolicyEngine;
  readonly decisions: Decision[] = [];
  nowNs: bigint;

  constructor(rules: readonly Rule[], { startNs = 0n, seed = 1, wallOffsetNs = 0n } = {}) {
    this.nowNs = startNs;
    const decide = (decision: Decision): void => void this.decisions.push(decision);
    this.engine = new PolicyEngine({ rules, runId: "run", bootId: madeBootId, seed, startNs, wallOffsetNs, decide });
  }

  input(input: Untimed<EngineInput>): void {
    this.engine.apply({ ...input, nowNs: this.nowNs });
    this.#tick();
  }

  #tick(): void {
    this.engine.apply({ kind: "tick", untilNs: this.nowNs, nowNs: this.nowNs });
  }

  /** An event arrives, as soon as it happened unless the clock is ahead already. */
  event(event: LifecycleEvent, lookedUp: LookedUp | null = null): void {
    if (event.timestampNs > this.nowNs) this.advance(event.timestampNs);
    this.input({ kind: "event", event, lookedUp });
  }

  adopt(...processes: readonly AdoptedProcess[]): void {
    this.input({ kind: "adopt", processes, missed: [] });
  }

  enrol(pid: number, startTicks: number, changes: Partial<Enrolment> = {}): void {
    const enrolment = enrolmentOf(pid, startTicks, { enrolledNs: this.nowNs, ...changes });
    const change = { kind: "enrolled", enrolment, timestampNs: this.nowNs } as const;
    this.input({ kind: "enrolment", change, lookedUp: null });
  }

  unenrol(pid: number, startTicks: number, why: UnenrolReason = "closed"): void {
    const token = `token-${pid}-${startTicks}`;
    const identity = identityOf(pid, startTicks);
    const change = { kind: "unenrolled", token, identity, why, timestampNs: this.nowNs } as const;
    this.input({ kind: "enrolment", change, lookedUp: null });
  }

  /** Lets time pass: every deadline is met in its own nanosecond. */
  advance(toNs: bigint): void {
    for (let next = this.engine.earliestNs(); next !== null && next <= toNs; next = this.engine.earliestNs()) {
      if (next > this.nowNs) this.nowNs = next;
      this.#tick();
    }
    this.nowNs = toNs;
    this.#tick();
  }

  get acts(): readonly Act[] {
    return this.decisions.filter((one) => one.kind === "act");
  }

  get attempts(): readonly Attempt[] {
    return this.decisions.flatMap((one) => (one.kind === "record" ? [one.attempt] : []));
  }

  /** Pid, generation and outcome of every record. */
  get outcomes(): readonly string[] {
    return this.attempts.map(
      ({ process: { identity, generation }, outcome }) => `${identity.pid}/${generation} ${outcome}`,
    );
  }

  /** Answers the last request, or that with this index. */
  answer(outcome: Outcome, changes: Partial<ActionResult> = {}, index = -1): void {
    const act = this.acts.at(index);
    if (act === undefined) throw new Error("nothing was asked");
    this.input({ kind: "result", requestId: act.requestId, result: resultOf(outcome, changes) });
  }
}
