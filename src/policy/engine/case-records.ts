import { formatSeconds } from "../../report/index.ts";
import type { ActionResult, Attempt, AttemptProcess, Enrolment, Outcome } from "../model/index.ts";
import type { Rule } from "../rules/index.ts";
import type { EngineHost } from "./host.ts";
import type { KeptCase } from "./input.ts";
import { findAncestor } from "./selection.ts";
import type { Tracked } from "./tracked.ts";
import { lineageRoot } from "./tracked.ts";

/** What came of a try. */
export interface Ended {
  readonly tryNumber: number;
  readonly deadlineNs: bigint | null;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly result: ActionResult | null;
}

export const seconds = (ns: bigint): string => formatSeconds(Number(ns) / 1e9);

/** The attempts of one case as they are told and written, with the process as it was while it was this program. */
export class CaseRecords {
  readonly generation: number;
  readonly execNs: bigint | null;
  readonly #rule: Rule;
  readonly #tracked: Tracked;
  readonly #host: EngineHost;
  readonly #comm: string | null;
  readonly #exe: string | null;
  readonly #rootPid: number;
  readonly #lossesBefore: number;
  /** The last that the workload had while it was this program. */
  lastEnrolment: Enrolment | null;
  /** Another program has followed: how that ends says nothing of this one. */
  isSuperseded = false;
  /** Those that wait for the end of the process. */
  #unwritten: Attempt[] = [];
  #last: Ended | null = null;
  /** The process as an earlier run of the policy knew it. */
  #before: AttemptProcess | null = null;

  constructor(rule: Rule, tracked: Tracked, host: EngineHost) {
    const { node } = tracked;
    this.#rule = rule;
    this.#tracked = tracked;
    this.#host = host;
    this.generation = tracked.generation;
    this.execNs = tracked.execNs;
    this.#comm = node.program?.comm ?? null;
    this.#exe = node.program?.exe ?? null;
    this.lastEnrolment = tracked.enrolment;
    this.#lossesBefore = host.losses();
    const named = rule.select.ancestor === null ? null : findAncestor(node, rule.select.ancestor);
    this.#rootPid = (named ?? lineageRoot(node)).tgid;
  }

  get last(): Ended | null {
    return this.#last;
  }

  /** Those that wait, for the next run of the policy. */
  get unwritten(): readonly Attempt[] {
    return this.#unwritten;
  }

  /** Takes over those that waited in an earlier run. */
  restore({ process, unwritten }: KeptCase): void {
    this.#before = process;
    this.#unwritten = [...unwritten];
    this.#last = unwritten.at(-1) ?? null;
  }

  /** Tells what came of a try; it is written now, or by `write`. */
  add(ended: Ended): void {
    const { tryNumber, deadlineNs, outcome, reason, result } = ended;
    this.#last = ended;
    const attempt: Attempt = {
      runId: this.#host.runId,
      attemptId: this.#host.nextId(),
      tryNumber,
      rule: this.#rule.name,
      action: this.#rule.action.do,
      process: this.describe(),
      deadlineNs,
      outcome,
      reason,
      degraded: this.#isDegraded(),
      result,
      stats: result?.stats ?? null,
      wallTimeMs: Number((this.#host.nowNs() + this.#host.wallOffsetNs) / 1_000_000n),
    };
    this.#host.decide({ kind: "settled", attempt });
    if (this.#rule.record === "at_exit") this.#unwritten.push(attempt);
    else this.#host.decide({ kind: "record", attempt });
  }

  /** It enrolled after a deadline. */
  addLate(missedNs: bigint): void {
    const lateNs = (this.#tracked.enrolment?.enrolledNs ?? this.#host.nowNs()) - missedNs;
    const reason = `it enrolled ${seconds(lateNs < 0n ? 0n : lateNs)} after the deadline`;
    // One record for the whole of it, where the first is not written yet.
    this.#unwritten = this.#unwritten.filter(({ outcome }) => outcome !== "not_enrolled");
    this.add({ tryNumber: 1, deadlineNs: missedNs, outcome: "enroll_late", reason, result: null });
  }

  /** Writes what waited for the end, with the end. */
  write(): void {
    const attempts = this.#unwritten;
    this.#unwritten = [];
    for (const attempt of attempts) {
      const known = { ...attempt, process: this.describe(), degraded: this.#isDegraded() };
      this.#host.decide({ kind: "record", attempt: known });
    }
  }

  #isDegraded(): boolean {
    return this.#host.losses() !== this.#lossesBefore || this.#tracked.node.degraded;
  }

  /** The process as far as it is known now. */
  describe(): AttemptProcess {
    const { node, lookedUp, identity } = this.#tracked;
    const enrolment = this.lastEnrolment;
    const before = this.#before;
    const end = this.isSuperseded ? null : node.end;
    return {
      identity,
      generation: this.generation,
      comm: this.#comm,
      exe: this.#exe,
      uid: node.uid,
      cgroup: lookedUp?.memoryGroup ?? null,
      ppid: node.ppid,
      lineageRootPid: before?.lineageRootPid ?? this.#rootPid,
      execNs: this.execNs,
      exitNs: end?.timeNs ?? null,
      exitCode: end?.code ?? null,
      exitSignal: end?.signal ?? null,
      enrolled: enrolment !== null || before?.enrolled === true,
      workloadName: enrolment?.name ?? before?.workloadName ?? null,
      arena: enrolment?.arena ?? before?.arena ?? null,
    };
  }
}
