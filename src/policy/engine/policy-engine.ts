import type { ExecEvent, ExitEvent, ForkEvent } from "../../events/index.ts";
import type { ProcessNode } from "../../events/tree/index.ts";
import { ProcessTree } from "../../events/tree/index.ts";
import type { LatencyFigures } from "../../report/index.ts";
import type { ActionResult, Measure } from "../model/index.ts";
import type { Rule } from "../rules/index.ts";
import { Answers } from "./answers.ts";
import type { Case, CaseOrigin } from "./case.ts";
import type { Decision } from "./decision.ts";
import { Enrolments } from "./enrolments.ts";
import type { EngineHost } from "./host.ts";
import type { AdoptedProcess, EngineInput, KeptCase, LookedUp } from "./input.ts";
import { recordMissedEnd } from "./missed-end.ts";
import { seededRandom } from "./random.ts";
import { resumeCases } from "./resume-cases.ts";
import { Roster } from "./roster.ts";
import type { ActiveRule, DeskSizes } from "./rules-in-force.ts";
import { RulesInForce } from "./rules-in-force.ts";
import type { Needs } from "./selection.ts";
import { isSelected, maySelect } from "./selection.ts";
import { Timers } from "./timers.ts";
import { subjectOfEvent } from "./tracked.ts";
import { Watches } from "./watches.ts";

export interface EngineOptions {
  readonly rules: readonly Rule[];
  /** Unique; in every record and every request id. */
  readonly runId: string;
  readonly bootId: string;
  /** Of everything random. */
  readonly seed: number;
  /** CLOCK_MONOTONIC of the beginning. */
  readonly startNs: bigint;
  /** Wall clock minus CLOCK_MONOTONIC. */
  readonly wallOffsetNs: bigint;
  /** Is told what is to be done, in order. Its answers are later inputs. */
  readonly decide: (decision: Decision) => void;
}

/** What the engine holds at the moment. */
export interface EngineSize extends DeskSizes {
  readonly processes: number;
  readonly tracked: number;
  readonly cases: number;
  readonly deadlines: number;
  readonly watches: number;
}

/** Most deadlines that one input meets; more wait for the next tick, so that everything gets its turn. */
const dueMost = 512;

/**
 * Decides what is to be done to which process when: rules, lifecycle events, enrolments, samples and results go in, decisions
 * come out. Knows no clock but the time of its inputs, no kernel and no socket, and makes the same decisions of the same inputs.
 */
export class PolicyEngine {
  readonly #options: EngineOptions;
  readonly #tree = new ProcessTree();
  readonly #timers: Timers;
  readonly #host: EngineHost;
  readonly #results = new Answers<ActionResult>();
  readonly #measures = new Answers<Measure | null>();
  readonly #roster: Roster;
  readonly #rules: RulesInForce;
  readonly #enrolments: Enrolments;
  #nowNs: bigint;
  #losses = 0;
  #lastId = 0;
  #changes = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#nowNs = options.startNs;
    this.#timers = new Timers(options.startNs);
    this.#host = this.#makeHost();
    this.#roster = new Roster(this.#host, options.bootId);
    this.#rules = new RulesInForce(options.rules, this.#timers, () => this.#nowNs);
    this.#enrolments = new Enrolments(this.#tree, this.#roster, this.#rules);
  }

  #makeHost(): EngineHost {
    const { runId, seed, wallOffsetNs } = this.#options;
    const decide = (decision: Decision): void => {
      this.#changes += 1;
      this.#options.decide(decision);
    };
    return {
      runId,
      wallOffsetNs,
      timers: this.#timers,
      watches: new Watches(decide),
      nowNs: () => this.#nowNs,
      decide,
      random: seededRandom(seed),
      losses: () => this.#losses,
      nextId: () => this.#nextId().toString(36),
      awaitResult: (requestId, onResult) => this.#results.await(requestId, onResult),
      look: (identity, onMeasure) => {
        const lookId = this.#nextId();
        this.#measures.await(String(lookId), onMeasure);
        decide({ kind: "look", lookId, identity });
      },
    };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** What must be looked up for the processes of events. */
  needs(): Needs {
    return this.#rules.needs();
  }

  /** Whether a rule may take the process of an event, so that what events do not tell of it must be looked up. */
  mayTake(event: ExecEvent | ForkEvent): boolean {
    const { identity, tgid, ppid } = event;
    const subject = subjectOfEvent(event, ppid === null ? null : this.#tree.find(ppid));
    const isEnrolled = this.#roster.isEnrolled(tgid) || this.#enrolments.early.has(identity);
    const isFork = event.kind === "fork";
    return this.#rules.all.some((one) => (!isFork || one.takesForks) && maySelect(one.rule, subject, isEnrolled));
  }

  /** Grows with whatever may change `cases` or `kept`, and whenever something was decided. */
  get changes(): number {
    return this.#changes + this.#timers.changes + this.#roster.changes;
  }

  /** When the next deadline is; null when there is none. */
  earliestNs(): bigint | null {
    return this.#timers.earliestNs();
  }

  lateness(): LatencyFigures {
    return this.#timers.lateness.figures;
  }

  size(): EngineSize {
    return {
      processes: this.#tree.size().processes,
      tracked: this.#roster.size,
      cases: [...this.cases()].length,
      deadlines: this.#timers.size,
      watches: this.#host.watches.size,
      ...this.#rules.sizes(),
    };
  }

  /** The processes that a rule has, each with the rules that have it. */
  cases(): Iterable<Case> {
    return this.#roster.cases();
  }

  /** What must outlive this run of the policy. */
  kept(): Iterable<KeptCase> {
    return this.#roster.kept();
  }

  /** Takes in the next thing that happened. */
  apply(input: EngineInput): void {
    if (input.nowNs > this.#nowNs) this.#nowNs = input.nowNs;
    if (input.kind !== "event") this.#changes += 1;
    this.#take(input);
  }

  #take(input: EngineInput): void {
    switch (input.kind) {
      case "adopt":
        for (const one of input.missed) recordMissedEnd(one, this.#host);
        return this.#adopt(input.processes);
      case "event":
        if (input.event.kind === "exec") return this.#onExec(input.event, input.lookedUp);
        return input.event.kind === "fork" ? this.#onFork(input.event, input.lookedUp) : this.#onExit(input.event);
      case "enrolment":
        return this.#enrolments.onChange(input.change, input.lookedUp);
      case "sample":
        return this.#host.watches.onSample(input.watchId, input.sample, this.#nowNs);
      case "unwatchable":
        return undefined;
      case "tick":
        return void this.#timers.run(input.untilNs, this.#nowNs, dueMost);
      case "measured":
        return this.#measures.give(String(input.lookId), input.measure);
      case "result":
        return this.#results.give(input.requestId, input.result);
      case "lost":
        this.#losses += 1;
        return undefined;
      case "rules":
        return this.#reload(input.rules, input.lookedUp);
      case "stop":
        return this.#roster.stop();
    }
  }

  #adopt(processes: readonly AdoptedProcess[]): void {
    this.#tree.adopt(
      processes.map(({ process }) => process),
      this.#nowNs,
    );
    for (const { process, lookedUp, startNs, remembered } of processes) {
      const node = this.#tree.find(process.tgid);
      if (node === null) continue;
      const tracked = this.#roster.take(node, lookedUp);
      tracked.startNs = startNs;
      if (remembered !== null) {
        tracked.earlierPrograms = remembered.generation - node.generation;
        tracked.earlierExecNs = remembered.execNs;
      }
      resumeCases(tracked, remembered, this.#rules.all, this.#roster, this.#host);
      this.#roster.keepIfUsed(tracked);
    }
  }

  #onFork(event: ForkEvent, lookedUp: LookedUp | null): void {
    const node = this.#tree.apply(event);
    if (node === null) return;
    const candidates = this.#rules.all.filter((active) => active.takesForks);
    if (candidates.length > 0 && !node.executed) this.#select(node, lookedUp, candidates, "event");
    else this.#enrolments.claim(node, lookedUp);
  }

  #onExec(event: ExecEvent, lookedUp: LookedUp | null): void {
    const node = this.#tree.apply(event);
    if (node === null) return;
    const before = this.#roster.find(node);
    if (before !== null) {
      // Whoever enrolled before this exec was another program.
      if (before.enrolment !== null && before.enrolment.enrolledNs < event.timestampNs) before.enrolment = null;
    }
    // The new program is selected first, so that what both want to be told is watched without a break.
    const superseded = before?.cases ?? [];
    if (before !== null) before.cases = [];
    this.#select(node, lookedUp, this.#rules.all, "event");
    for (const one of superseded) this.#roster.end(one, "superseded");
  }

  #onExit(event: ExitEvent): void {
    const node = this.#tree.apply(event);
    if (node === null) return;
    const tracked = this.#roster.find(node);
    if (tracked === null) return;
    for (const one of [...tracked.cases]) {
      if (this.#rules.usesExit(one.rule)) one.onEvent("exit", event.timestampNs);
      else one.close("exited");
    }
    this.#roster.dropClosed(tracked);
  }

  #reload(rules: readonly Rule[], lookedUp: ReadonlyMap<number, LookedUp>): void {
    const kept = this.#rules.replace(rules);
    for (const tracked of this.#roster.all())
      this.#roster.close(tracked, (rule) => (kept.has(rule) ? null : "removed"));
    const fresh = this.#rules.all.filter(({ rule }) => !kept.has(rule));
    if (fresh.length === 0) return;
    for (const node of [...this.#tree.running()]) this.#select(node, lookedUp.get(node.tgid) ?? null, fresh, "reload");
  }

  #select(node: ProcessNode, lookedUp: LookedUp | null, candidates: readonly ActiveRule[], origin: CaseOrigin): void {
    const tracked = this.#roster.take(node, lookedUp);
    if (lookedUp !== null) tracked.lookedUp = lookedUp;
    const early = this.#enrolments.early.take(tracked.identity, node.execNs);
    tracked.enrolment ??= early?.enrolment ?? null;
    for (const active of candidates) if (isSelected(active.rule, tracked)) this.#roster.open(active, tracked, origin);
    if (early?.isOver === true) this.#enrolments.end(tracked);
    this.#roster.keepIfUsed(tracked);
  }
}
