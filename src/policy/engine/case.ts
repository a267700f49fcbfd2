import type { ProcessIdentity } from "../../kernel/index.ts";
import type { Enrolment, Outcome, Sample, SampleSubject, Target } from "../model/index.ts";
import type { Measured, ProcessEvent, Rule } from "../rules/index.ts";
import type { Ended } from "./case-records.ts";
import { CaseRecords, seconds } from "./case-records.ts";
import { Firing } from "./firing.ts";
import type { EngineHost } from "./host.ts";
import type { KeptCase } from "./input.ts";
import { makeProbe } from "./make-probe.ts";
import { interruptedReason } from "./missed-end.ts";
import type { Probe, ProbeHost, Stall } from "./probe.ts";
import type { RuleDesk } from "./rule-desk.ts";
import type { Timers } from "./timers.ts";
import type { Tracked } from "./tracked.ts";

/**
 * How a process came to a rule: by its own exec or fork, by enrolling, because it ran when the policy or the rule began; from
 * an earlier run of the policy, where it waited (`restored`) or had been acted on (`resumed`).
 */
export type CaseOrigin = "event" | "enrolment" | "adopted" | "restored" | "resumed" | "reload";

/** Why a rule has a process no more. */
export type CaseEnd = "exited" | "superseded" | "unenrolled" | "removed" | "stopped";

/** For how long after a restart the workloads may enrol again before deadlines that passed meanwhile are met. */
const enrolAgainNs = 3_000_000_000n;

/** One rule and one process that it has, from being selected to the exit, the next exec, or the end of the rule. */
export class Case implements ProbeHost {
  readonly rule: Rule;
  readonly tracked: Tracked;
  readonly timers: Timers;
  readonly wallOffsetNs: bigint;
  readonly #desk: RuleDesk;
  readonly #host: EngineHost;
  readonly #origin: CaseOrigin;
  readonly #probe: Probe;
  readonly #records: CaseRecords;
  /** Called when nothing is under way any more after the end. */
  onOver: () => void = () => {};
  #held = false;
  #firing: Firing | null = null;
  #end: CaseEnd | null = null;
  #actedNs: bigint | null = null;
  /** The deadline by which it had not enrolled. */
  #missedNs: bigint | null = null;

  constructor(rule: Rule, tracked: Tracked, desk: RuleDesk, host: EngineHost, origin: CaseOrigin) {
    this.rule = rule;
    this.tracked = tracked;
    this.#desk = desk;
    this.#host = host;
    this.#origin = origin;
    this.timers = host.timers;
    this.wallOffsetNs = host.wallOffsetNs;
    this.#records = new CaseRecords(rule, tracked, host);
    this.#probe = makeProbe(rule.when, this);
  }

  get identity(): ProcessIdentity {
    return this.tracked.identity;
  }

  get generation(): number {
    return this.#records.generation;
  }

  get enrolment(): Enrolment | null {
    return this.tracked.enrolment;
  }

  target(): Target {
    const target = { identity: this.identity, enrolment: this.enrolment };
    return this.tracked.isEnded ? { ...target, ended: this.#records.describe() } : target;
  }

  get isClosed(): boolean {
    return this.#end !== null;
  }

  /** What is awaited or was last done, for those who ask. */
  get pendingNs(): bigint | null {
    return this.#firing?.deadlineNs ?? this.#probe.pendingNs();
  }

  get last(): { readonly outcome: Outcome; readonly reason: string } | null {
    return this.#records.last;
  }

  get isActing(): boolean {
    return this.#firing?.isActing === true;
  }

  /** What must outlive this run of the policy; null when nothing must. */
  kept(): KeptCase | null {
    const { pendingNs: deadlineNs, isActing: acting } = this;
    const { unwritten } = this.#records;
    if (deadlineNs === null && unwritten.length === 0) return null;
    const tryNumber = this.#firing?.tryNumber ?? 1;
    const { name: rule, action } = this.rule;
    return { rule, action: action.do, process: this.#records.describe(), deadlineNs, acting, tryNumber, unwritten };
  }

  /** Takes over what an earlier run had to leave, before it is opened. */
  restore(kept: KeptCase): void {
    this.#records.restore(kept);
    const { acting, deadlineNs, tryNumber } = kept;
    if (acting) this.record({ tryNumber, deadlineNs, outcome: "error", reason: interruptedReason, result: null });
  }

  open(): void {
    this.#probe.open();
    const missedNs = this.#probe.missedNs();
    if (missedNs !== null && this.#origin === "enrolment") this.#records.addLate(missedNs);
    else this.changed(null);
  }

  onEvent(event: ProcessEvent, atNs: bigint): void {
    if (this.isClosed) return;
    this.#probe.onEvent(event, atNs);
    this.changed(null);
  }

  onEnrolled(enrolment: Enrolment): void {
    this.#records.lastEnrolment = enrolment;
    const missedNs = this.#missedNs;
    this.#missedNs = null;
    if (missedNs !== null) this.#records.addLate(missedNs);
    this.onEvent("enrol", enrolment.enrolledNs);
  }

  nowNs(): bigint {
    return this.#host.nowNs();
  }

  missesPast(event: ProcessEvent): boolean {
    if (this.#origin === "adopted") return !this.rule.adopt;
    // Whoever is selected because he enrolled was not late for what is counted from that.
    const isPast = this.#origin === "reload" || this.#origin === "resumed";
    return isPast || (this.#origin === "enrolment" && event !== "enrol");
  }

  get notBeforeNs(): bigint | null {
    const waits = this.#origin === "restored" && this.rule.select.enrolment !== "any";
    return waits ? this.nowNs() + enrolAgainNs : null;
  }

  eventNs(event: ProcessEvent): bigint | null {
    const { node, startNs } = this.tracked;
    if (event === "enrol") return this.enrolment?.enrolledNs ?? null;
    if (event === "exit") return node.end?.timeNs ?? null;
    const startedNs = this.rule.adopt || event === "fork" ? startNs : null;
    return event === "fork" ? (node.forkNs ?? startedNs ?? this.#records.execNs) : (this.#records.execNs ?? startedNs);
  }

  watch({ metric, of, everyMs }: Measured, stall: Stall | null, onSample: (sample: Sample) => void): () => void {
    const subject = this.#subjectOf(of);
    if (subject === null) return () => {};
    return this.#host.watches.add({ subject, metric, trigger: stall, everyMs }, onSample, this.nowNs());
  }

  #subjectOf(of: Measured["of"]): SampleSubject | null {
    if (of === "system") return { kind: "system" };
    if (of === "process") return { kind: "process", identity: this.identity };
    const path = this.tracked.lookedUp?.memoryGroup ?? null;
    return path === null ? null : { kind: "group", path };
  }

  changed(dueNs: bigint | null): void {
    if (this.isClosed) return;
    const holds = this.#probe.holds();
    const begins = holds && !this.#held;
    this.#held = holds;
    if (begins && this.#firing === null) {
      this.#firing = new Firing(this, this.#desk, this.#host, dueNs ?? this.nowNs());
      this.#firing.begin();
    }
    this.#closeIfOver();
  }

  /** A rule on exits has its process until the rule has nothing more to wait for. */
  #closeIfOver(): void {
    const isOver = this.tracked.isEnded && this.#firing === null && this.#probe.pendingNs() === null;
    if (isOver) this.close("exited");
  }

  /** Why the rule must not act now, or null. */
  refusal(deadlineNs: bigint): { readonly outcome: Outcome; readonly reason: string } | null {
    const { select, limits } = this.rule;
    if (select.enrolment !== "any" && this.enrolment === null) {
      this.#missedNs = deadlineNs;
      const had = this.#records.lastEnrolment === null ? "it had not enrolled" : "it was not enrolled any more";
      return { outcome: "not_enrolled", reason: `${had} by the deadline` };
    }
    const sinceNs = this.#actedNs === null ? null : this.nowNs() - this.#actedNs;
    if (sinceNs === null || sinceNs >= limits.cooldownNs) return null;
    return { outcome: "suppressed", reason: `cooldown: acted ${seconds(sinceNs)} ago` };
  }

  noteActed(): void {
    this.#actedNs = this.nowNs();
  }

  onFired(firing: Firing): void {
    if (this.#firing === firing) this.#firing = null;
    if (!this.isClosed) return this.#closeIfOver();
    this.#records.write();
    this.onOver();
  }

  /** The policy ends while the action of a process that has ended is under way. */
  abandon(): void {
    this.#firing?.abandon();
  }

  /** The rule has the process no more; what is being done to it is awaited and then recorded. */
  close(end: CaseEnd): void {
    if (this.isClosed) return;
    const pendingNs = this.#probe.pendingNs();
    this.#probe.close();
    this.#end = end;
    this.#records.isSuperseded = end === "superseded";
    const outcome = end === "exited" ? "exited_before" : end === "superseded" ? end : null;
    const dueNs = this.#firing?.deadlineNs ?? pendingNs;
    if (this.#firing === null) {
      if (pendingNs !== null && outcome !== null) {
        const reason = this.#endText(end, pendingNs);
        this.record({ tryNumber: 1, deadlineNs: pendingNs, outcome, reason, result: null });
      }
    } else if (end === "stopped") this.#firing.abandon();
    else if (end === "unenrolled") this.#firing.interrupt("not_enrolled", "it un-enrolled before its turn");
    else this.#firing.interrupt(outcome, this.#endText(end, dueNs ?? this.nowNs()));
    if (this.#firing === null) this.#records.write();
  }

  #endText(end: CaseEnd, deadlineNs: bigint): string {
    const atNs = end === "exited" ? (this.tracked.node.end?.timeNs ?? this.nowNs()) : this.nowNs();
    const what = end === "exited" ? "exited" : "executed another program";
    if (atNs >= deadlineNs) return `it ${what} while it waited for its turn`;
    return `it ${what} ${seconds(deadlineNs - atNs)} before the deadline`;
  }

  /** Records what came of a try, now or when the process has ended. */
  record(ended: Ended): void {
    this.#records.add(ended);
  }
}
