import { randomBytes, randomInt } from "node:crypto";
import type { EventSource } from "../../events/index.ts";
import { openEventSource } from "../../events/index.ts";
import type { UrgentThreads } from "../../kernel/index.ts";
import { bootId, holdUrgent } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Clock, WakeTimer } from "../deadline/index.ts";
import { monotonicClock, openWakeTimer } from "../deadline/index.ts";
import type { Decision } from "../engine/index.ts";
import { needsOf, PolicyEngine } from "../engine/index.ts";
import type { EnrolmentServer } from "../enrolment/index.ts";
import type { EnrolmentChange } from "../model/index.ts";
import type { PolicySummary, RecordWriter } from "../records/index.ts";
import type { PolicyRecording } from "../replay/index.ts";
import type { Rule, RuleSource } from "../rules/index.ts";
import { rulesOf } from "../rules/index.ts";
import { EventIntake } from "./event-intake.ts";
import type { Told } from "./hands.ts";
import { Hands } from "./hands.ts";
import { lookUp, lookUpAll, processesNow } from "./look-up.ts";
import { openEnrolments, openRecording, openSessionRecords } from "./open-parts.ts";
import type { PolicyProgress } from "./policy-event.ts";
import { lockPolicy } from "./policy-lock.ts";
import { EarlierRun } from "./remembered.ts";
import type { PolicySessionOptions } from "./session-options.ts";
import { readState, toState } from "./state-file.ts";
import { StateKeeper } from "./state-keeper.ts";

/** How often lost events are looked for, and what this process takes of a CPU. */
const lookMs = 250;

/** How long what is under way may take at the end before it is given up. */
const drainMs = 5000;

/**
 * A policy at work: the engine with real events, workloads, actions and records around it, alone on its socket.
 */
export class PolicySession {
  readonly #options: PolicySessionOptions;
  readonly #clock: Clock = monotonicClock;
  readonly #unlock: () => void;
  readonly #runId = randomBytes(6).toString("hex");
  readonly #wake: WakeTimer;
  readonly #keeper: StateKeeper;
  readonly #engine: PolicyEngine;
  readonly #closing = new AbortController();
  readonly #recording: PolicyRecording | null;
  #ruleSource: RuleSource;
  #rules: readonly Rule[];
  #records: RecordWriter | null = null;
  #server: EnrolmentServer | null = null;
  #hands: Hands | null = null;
  #source: EventSource | null = null;
  #intake: EventIntake | null = null;
  #following: Promise<void> = Promise.resolve();
  #urgent: UrgentThreads | null = null;
  #wasUrgent = true;
  #looking: NodeJS.Timeout | null = null;
  /** Of the engine, when they were last noted. */
  #changes = 0;

  private constructor(options: PolicySessionOptions, source: RuleSource, rules: readonly Rule[], unlock: () => void) {
    this.#options = options;
    this.#ruleSource = source;
    this.#rules = rules;
    this.#unlock = unlock;
    const startNs = this.#clock.nowNs();
    const fixed = {
      runId: this.#runId,
      bootId: bootId(),
      seed: randomInt(2 ** 32),
      startNs,
      wallOffsetNs: BigInt(Date.now()) * 1_000_000n - startNs,
    };
    this.#engine = new PolicyEngine({ ...fixed, rules, decide: (decision) => this.#decide(decision) });
    this.#recording = openRecording(options, { ...fixed, rules: source });
    this.#wake = openWakeTimer(() => this.#settle());
    this.#keeper = new StateKeeper({
      clock: this.#clock,
      path: options.statePath,
      state: () => toState(this.#runId, this.#ruleSource, this.#engine.cases(), this.#engine.kept()),
      onError: (message) =>
        options.onEvent({ event: "warning", message: `what is pending cannot be kept: ${message}` }),
    });
  }

  /**
   * Begins; resolves when events are told and workloads can enrol.
   * @throws CorralError CONFIG, POLICY_RUNNING, SOCKET_IN_USE, LISTEN_FAILED, STATE_UNWRITABLE, RECORDS_UNWRITABLE,
   *   RECORDS_FOREIGN, and NATIVE_MISSING where a rule wants workloads and the addon is missing, without which nobody can
   *   enrol; nothing is left behind
   */
  static async open(options: PolicySessionOptions): Promise<PolicySession> {
    const source = options.loadRules();
    const rules = rulesOf(source);
    const unlock = lockPolicy(`${options.statePath}.lock`);
    let session: PolicySession | null = null;
    try {
      session = new PolicySession(options, source, rules, unlock);
      await session.#start();
      return session;
    } catch (thrown) {
      if (session === null) unlock();
      else await session.#free();
      throw thrown;
    }
  }

  async #start(): Promise<void> {
    const { events, onEvent } = this.#options;
    const opened = await openEventSource({ ...events, details: true, signal: this.#closing.signal });
    this.#source = opened.source;
    this.#server = openEnrolments(this.#options, this.#rules, (change) => this.#onEnrolment(change));
    this.#hands = new Hands({ workloads: this.#server, answer: (input) => this.#input(input), onEvent });
    this.#records = openSessionRecords(this.#options, this.#runId);
    this.#intake = this.#openIntake(opened.source);
    this.#urgent = this.#options.scheduling === "realtime" ? holdUrgent() : null;
    const earlier = new EarlierRun(readState(this.#options.statePath), this.#clock.nowNs());
    const processes = processesNow(this.#engine.needs(), (process) => earlier.of(process));
    onEvent({
      event: "started",
      rules: this.#rules.map(({ name }) => name),
      source: opened.source.name,
      refused: opened.refused,
      socket: this.#server?.socket ?? null,
      legacySocket: this.#server?.legacySocket ?? null,
      runId: this.#runId,
      scheduling: this.#urgent?.refused === null ? "realtime" : "fair",
      schedulingReason: this.#urgent?.refused ?? null,
      dryRun: this.#rules.every(({ limits }) => limits.dryRun),
      restored: processes.filter((one) => (one.remembered?.kept.length ?? 0) > 0).length,
    });
    this.#input({ kind: "adopt", processes, missed: earlier.missed() });
    if (earlier.droppedDeadlines > 0)
      onEvent({
        event: "warning",
        message: `deadlines of a run that ended long ago are not met any more: ${earlier.droppedDeadlines}`,
      });
    this.#following = this.#follow(this.#intake);
    this.#looking = setInterval(() => this.#look(), lookMs);
  }

  #openIntake(source: EventSource): EventIntake {
    return new EventIntake({
      source,
      clock: this.#clock,
      engine: this.#engine,
      onExec: (identity, timestampNs) => this.#server?.noteExec(identity, timestampNs),
      onEvent: (event, lookedUp) => this.#apply({ kind: "event", event, lookedUp }),
      onBatch: () => this.#settle(),
    });
  }

  async #follow(intake: EventIntake): Promise<void> {
    try {
      await intake.follow();
    } catch (thrown) {
      if (this.#closing.signal.aborted) return;
      const { message } = CorralError.from(thrown);
      this.#options.onEvent({ event: "warning", message: `events have ended: ${message}` });
    }
  }

  #onEnrolment(change: EnrolmentChange): void {
    this.#options.onEvent({ event: "enrolment", change });
    const lookedUp = change.kind === "enrolled" ? lookUp(change.enrolment.identity.pid, this.#engine.needs()) : null;
    this.#input({ kind: "enrolment", change, lookedUp });
  }

  #look(): void {
    this.#checkLoss();
    if (this.#urgent?.refused !== null || this.#urgent.check() || !this.#wasUrgent) return;
    this.#wasUrgent = false;
    const message =
      "the policy needs more than three quarters of a CPU: it shares with others, and goes before them only when it needs less";
    this.#options.onEvent({ event: "warning", message });
  }

  #checkLoss(): void {
    const count = this.#intake?.newlyLost() ?? 0;
    if (count <= 0) return;
    this.#input({ kind: "lost", count });
    this.#options.onEvent({ event: "lost", lost: count });
  }

  /** What it is at, for people. */
  progress(): PolicyProgress {
    const cases = [...this.#engine.cases()];
    const summary = this.#records?.summarize({
      reason: "running",
      endedWallMs: null,
      lostEvents: this.#intake?.lost ?? 0,
    });
    return {
      followed: this.#engine.size().tracked,
      pending: cases.filter((one) => one.pendingNs !== null).length,
      outcomes: summary?.outcomes ?? {},
    };
  }

  /** Takes in what is no event, and what is due by then. */
  #input(told: Told): void {
    this.#apply(told);
    this.#settle();
  }

  #apply(told: Told): void {
    const input = { ...told, nowNs: this.#clock.nowNs() };
    this.#recording?.input(input);
    this.#engine.apply(input);
  }

  /**
   * After whatever was taken in: judges the deadlines that are due, and awaits the next one. Before that the source is read empty, so
   * that nobody is judged whose end, or next program, the kernel has told already, however late we are.
   */
  #settle(): void {
    // In the middle of a batch its end is soon enough.
    if (this.#intake?.isTelling === true) return;
    const untilNs = this.#clock.nowNs();
    if (this.#isDue(untilNs)) {
      this.#intake?.readEmpty();
      if (this.#isDue(untilNs)) this.#apply({ kind: "tick", untilNs });
    }
    this.#wake.set(this.#engine.earliestNs());
    if (this.#changes === this.#engine.changes) return;
    this.#changes = this.#engine.changes;
    this.#keeper.noteChange();
  }

  #isDue(atNs: bigint): boolean {
    const earliestNs = this.#engine.earliestNs();
    return earliestNs !== null && earliestNs <= atNs;
  }

  #decide(decision: Decision): void {
    this.#recording?.decision(decision);
    if (decision.kind === "settled") this.#options.onEvent({ event: "attempt", attempt: decision.attempt });
    else if (decision.kind === "record") this.#records?.write(decision.attempt);
    else this.#hands?.do(decision);
  }

  /** Reads the rules again; mistakes are told and change nothing. */
  reload(): void {
    const { loadRules, onEvent } = this.#options;
    try {
      const source = loadRules();
      const rules = rulesOf(source);
      this.#ruleSource = source;
      this.#rules = rules;
      const common = { kind: "rules", lookedUp: lookUpAll(needsOf(rules)), nowNs: this.#clock.nowNs() } as const;
      this.#recording?.input({ ...common, rules: source });
      this.#engine.apply({ ...common, rules });
      this.#settle();
      onEvent({ event: "reloaded", rules: rules.map(({ name }) => name) });
    } catch (thrown) {
      onEvent({ event: "reload_failed", problems: CorralError.from(thrown).toLine().split("\n") });
    }
  }

  /**
   * Ends it: what is under way may end, deadlines that are pending are kept for the next run.
   * @param why for the summary: a signal's name
   */
  async close(why: string): Promise<PolicySummary> {
    await this.#hands?.idle(drainMs);
    // Before the source gives back what it has changed.
    this.#urgent?.release();
    // Who ended just before us has a row, too; and what that begins may end.
    this.#source?.finish();
    await this.#following;
    await this.#hands?.idle(drainMs);
    await this.#keeper.stop();
    this.#keeper.writeLast();
    const pending = [...this.#engine.cases()].filter((one) => one.pendingNs !== null).length;
    this.#input({ kind: "stop" });
    this.#checkLoss();
    this.#recording?.end();
    await this.#free();
    if (this.#records === null) throw new CorralError("STATE_UNREADABLE", "the policy was not open", {});
    const [unknownFiles, lostEvents] = [this.#intake?.unknownFiles ?? 0, this.#intake?.lost ?? 0];
    const summary = await this.#records.close({ reason: why, endedWallMs: Date.now(), lostEvents });
    const lateness = this.#engine.lateness();
    this.#options.onEvent({ event: "stopped", why, pending, summary, unknownFiles, lateness });
    return summary;
  }

  async #free(): Promise<void> {
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#urgent?.release();
    this.#closing.abort();
    this.#wake.close();
    await this.#source?.close();
    await this.#following;
    await this.#keeper.stop();
    await this.#hands?.close();
    await this.#server?.close();
    this.#recording?.abandon();
    this.#unlock();
  }
}
