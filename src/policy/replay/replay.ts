import type { Decision, EngineInput } from "../engine/index.ts";
import { PolicyEngine } from "../engine/index.ts";
import type { ActionResult, Attempt } from "../model/index.ts";
import type { RuleSource } from "../rules/index.ts";
import { rulesOf } from "../rules/index.ts";
import { encodePlain } from "./plain-json.ts";
import type { RecordedPolicy } from "./read-recording.ts";
import type { KeptInput } from "./recording.ts";
import { ReplayedWatches } from "./replayed-watches.ts";

/** Where a replay first decided otherwise than the recorded run. */
export interface Difference {
  /** 1 for the first decision. */
  readonly decision: number;
  readonly recorded: string | null;
  readonly replayed: string | null;
}

export interface Replayed {
  /** `same rules`: with the recorded results; `other rules`: what would have been done is taken as done. */
  readonly mode: "same rules" | "other rules";
  readonly inputs: number;
  readonly decisions: number;
  readonly attempts: readonly Attempt[];
  /** Null when every decision is that of the recorded run, or when the rules are others. */
  readonly difference: Difference | null;
}

type Plan = Pick<Replayed, "mode" | "difference" | "decisions"> & { readonly inputs: number };

/** An engine on the clock of a recording. */
abstract class Replay {
  readonly attempts: Attempt[] = [];
  readonly engine: PolicyEngine;
  protected inputs = 0;

  constructor({ header }: RecordedPolicy, rules: RuleSource) {
    const { runId, bootId, seed, startNs, wallOffsetNs } = header;
    const decide = (decision: Decision): void => {
      if (decision.kind === "settled") this.attempts.push(decision.attempt);
      this.onDecision(decision);
    };
    this.engine = new PolicyEngine({ rules: rulesOf(rules), runId, bootId, seed, startNs, wallOffsetNs, decide });
  }

  protected abstract onDecision(decision: Decision): void;
  abstract onInput(input: KeptInput): void;
  abstract onRecorded(decision: Decision): void;
  abstract end(): Plan;
}

/** The same rules: every input in its turn at its own time, so that every decision must be the same. */
class SameRules extends Replay {
  readonly #decided: string[] = [];
  #compared = 0;
  #difference: Difference | null = null;

  protected override onDecision(decision: Decision): void {
    this.#decided.push(encodePlain(decision));
  }

  override onInput(input: KeptInput): void {
    this.#compareRest();
    this.inputs += 1;
    this.engine.apply(input.kind === "rules" ? { ...input, rules: rulesOf(input.rules) } : input);
  }

  override onRecorded(decision: Decision): void {
    this.#compare(encodePlain(decision), this.#decided.shift() ?? null);
  }

  override end(): Plan {
    this.#compareRest();
    return { mode: "same rules", inputs: this.inputs, decisions: this.#compared, difference: this.#difference };
  }

  /** What the replay decided beyond what was recorded. */
  #compareRest(): void {
    for (const replayed of this.#decided.splice(0)) this.#compare(null, replayed);
  }

  #compare(recorded: string | null, replayed: string | null): void {
    this.#compared += 1;
    if (recorded !== replayed) this.#difference ??= { decision: this.#compared, recorded, replayed };
  }
}

/** Other rules: deadlines are met in their own nanosecond, and what is decided counts as done. */
class OtherRules extends Replay {
  readonly #watches = new ReplayedWatches();
  readonly #answers: EngineInput[] = [];
  #decisions = 0;
  #nowNs = 0n;

  protected override onDecision(decision: Decision): void {
    this.#decisions += 1;
    const nowNs = this.#nowNs;
    if (decision.kind === "act")
      this.#answers.push({ kind: "result", requestId: decision.requestId, result: wouldBeDone(nowNs), nowNs });
    else if (decision.kind === "look")
      this.#answers.push({ kind: "measured", lookId: decision.lookId, measure: null, nowNs });
    else this.#watches.onReplayed(decision);
  }

  override onRecorded(decision: Decision): void {
    this.#watches.onRecorded(decision);
  }

  override onInput(input: KeptInput): void {
    // An event may be read long after it happened; deadlines in between were not judged before it.
    const isEvent = input.kind === "event" && input.event.timestampNs < input.nowNs;
    this.#advance(isEvent ? input.event.timestampNs : input.nowNs);
    if (input.nowNs > this.#nowNs) this.#nowNs = input.nowNs;
    this.inputs += 1;
    if (input.kind === "sample")
      for (const watchId of this.#watches.idsFor(input.watchId)) this.#apply({ ...input, watchId });
    else if (!belongToRun.has(input.kind)) this.#apply(input as EngineInput);
  }

  override end(): Plan {
    return { mode: "other rules", inputs: this.inputs, decisions: this.#decisions, difference: null };
  }

  #advance(toNs: bigint): void {
    for (let next = this.engine.earliestNs(); next !== null && next <= toNs; next = this.engine.earliestNs())
      this.#apply({ kind: "tick", untilNs: next, nowNs: next });
  }

  #apply(input: EngineInput): void {
    if (input.nowNs > this.#nowNs) this.#nowNs = input.nowNs;
    this.engine.apply(input);
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift())
      this.engine.apply(answer);
  }
}

/** Inputs that answer decisions of the recorded run, or come of its rules. */
const belongToRun: ReadonlySet<EngineInput["kind"]> = new Set([
  "result",
  "measured",
  "unwatchable",
  "rules",
  "tick",
  "sample",
]);

const wouldBeDone = (nowNs: bigint): ActionResult => ({
  outcome: "dry_run",
  reason: "it would have been done",
  errno: null,
  before: null,
  after: null,
  affected: null,
  amountBytes: null,
  stats: null,
  phases: null,
  startedNs: nowNs,
  requestedNs: null,
  acknowledgedNs: null,
  finishedNs: nowNs,
});

/**
 * Replays a recording on its own clock.
 * @param rules other rules than the recorded ones; null: the same, and every decision is compared
 * @throws CorralError CONFIG, RECORDING
 */
export async function replayPolicy(recorded: RecordedPolicy, rules: RuleSource | null): Promise<Replayed> {
  const isSame =
    rules === null || encodePlain({ ...rules, file: "" }) === encodePlain({ ...recorded.header.rules, file: "" });
  const replay = isSame ? new SameRules(recorded, recorded.header.rules) : new OtherRules(recorded, rules);
  for await (const line of recorded.lines) {
    if ("input" in line) replay.onInput(line.input);
    else if ("decision" in line) replay.onRecorded(line.decision);
  }
  return { ...replay.end(), attempts: replay.attempts };
}
