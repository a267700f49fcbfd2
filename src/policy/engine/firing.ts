import type { ActionResult, Measure, Outcome } from "../model/index.ts";
import type { Rule } from "../rules/index.ts";
import type { Case } from "./case.ts";
import type { EngineHost } from "./host.ts";
import { hasFailed, isWorthRetrying, verify } from "./judge-result.ts";
import type { RuleDesk, Waiting } from "./rule-desk.ts";
import { OneTimer } from "./timers.ts";

/**
 * | state | what is awaited | then |
 * |---|---|---|
 * | put off | the jitter | measuring or waiting |
 * | measuring | whether the process is large enough | waiting, or dropped |
 * | waiting | its turn at the desk | acting, or suppressed |
 * | acting | the result | verifying, pausing or over |
 * | verifying | the effect | over |
 * | pausing | the next try | waiting |
 * | over | nothing | |
 */
type State = "put off" | "measuring" | "waiting" | "acting" | "verifying" | "pausing" | "over";

/** A rule that has become due on a process: from there to the last record of it. */
export class Firing implements Waiting {
  readonly #case: Case;
  readonly #rule: Rule;
  readonly #desk: RuleDesk;
  readonly #host: EngineHost;
  readonly #timer: OneTimer;
  #deadlineNs: bigint;
  #state: State = "put off";
  #try = 1;
  #requestId = "";

  constructor(one: Case, desk: RuleDesk, host: EngineHost, dueNs: bigint) {
    this.#case = one;
    this.#rule = one.rule;
    this.#desk = desk;
    this.#host = host;
    this.#timer = new OneTimer(host.timers);
    this.#deadlineNs = dueNs;
  }

  /** Whether something is being done, so that its result is worth waiting for. */
  get isActing(): boolean {
    return this.#state === "acting" || this.#state === "verifying";
  }

  get tryNumber(): number {
    return this.#try;
  }

  get deadlineNs(): bigint {
    return this.#deadlineNs;
  }

  begin(): void {
    const { jitterNs } = this.#rule.limits;
    if (jitterNs === 0n) return this.#judgeSize();
    this.#deadlineNs += BigInt(Math.floor(this.#host.random() * Number(jitterNs)));
    if (this.#deadlineNs <= this.#host.nowNs()) this.#judgeSize();
    else this.#timer.set(this.#deadlineNs, () => this.#judgeSize());
  }

  #judgeSize(): void {
    const { minRssBytes } = this.#rule.select;
    if (minRssBytes === 0) return this.#submit();
    this.#state = "measuring";
    this.#host.look(this.#case.identity, (measure) => {
      if (this.#state !== "measuring") return;
      const rssBytes = measure?.rssBytes ?? null;
      if (rssBytes !== null && rssBytes >= minRssBytes) this.#submit();
      else this.#end();
    });
  }

  #submit(): void {
    const refusal = this.#case.refusal(this.#deadlineNs);
    if (refusal !== null) return this.#finish(refusal.outcome, refusal.reason, null);
    this.#state = "waiting";
    this.#desk.submit(this);
  }

  start(): void {
    const refusal = this.#case.refusal(this.#deadlineNs);
    if (refusal !== null) {
      this.#desk.finish(null);
      return this.#finish(refusal.outcome, refusal.reason, null);
    }
    this.#state = "acting";
    this.#requestId = `${this.#host.runId}.${this.#host.nextId()}`;
    this.#host.awaitResult(this.#requestId, (result) => this.#onResult(result));
    this.#host.decide({
      kind: "act",
      requestId: this.#requestId,
      rule: this.#rule.name,
      action: this.#rule.action,
      target: this.#case.target(),
      generation: this.#case.generation,
      ackTimeoutMs: this.#rule.ackTimeoutMs,
      othersInGroup: this.#rule.othersInGroup,
      dryRun: this.#rule.limits.dryRun,
      deadlineNs: this.#deadlineNs,
    });
  }

  suppress(why: string): void {
    this.#finish("suppressed", why, null);
  }

  /** The process is none of the rule's any more. What is being done is awaited; anything else ends here. */
  interrupt(outcome: Outcome | null, reason: string): void {
    if (this.isActing || this.#state === "over") return;
    this.#desk.withdraw(this);
    if (outcome === null) this.#end();
    else this.#finish(outcome, reason, null);
  }

  /** The policy ends. */
  abandon(): void {
    if (this.#state === "acting") this.#host.decide({ kind: "cancel", requestId: this.#requestId });
    if (this.isActing) this.#finish("error", "the policy ended before an answer came", null);
    else this.interrupt(null, "");
  }

  #onResult(result: ActionResult): void {
    if (this.#state !== "acting") return;
    const { verify: verification } = this.#rule;
    this.#desk.finish(hasFailed(result.outcome));
    this.#case.noteActed();
    if (verification === null || result.outcome !== "applied") return this.#settle(result);
    if (verification.afterNs === 0n) return this.#settle({ ...result, ...verify(result, result.after, verification) });
    this.#state = "verifying";
    const judge = (after: Measure | null): void => {
      if (this.#state === "verifying") this.#settle({ ...result, ...verify(result, after, verification) });
    };
    const dueNs = this.#host.nowNs() + verification.afterNs;
    this.#timer.set(dueNs, () => this.#host.look(this.#case.identity, judge));
  }

  /** One try has ended; there may be another. */
  #settle(result: ActionResult): void {
    const { attempts, initialNs, maxNs } = this.#rule.limits.retry;
    const again = isWorthRetrying(result.outcome) && this.#try < attempts && !this.#case.isClosed;
    if (!again) return this.#finish(result.outcome, result.reason, result);
    this.#record(result.outcome, result.reason, result);
    const doubled = initialNs * 2n ** BigInt(this.#try - 1);
    this.#try += 1;
    this.#state = "pausing";
    this.#timer.set(this.#host.nowNs() + (doubled < maxNs ? doubled : maxNs), () => this.#submit());
  }

  #record(outcome: Outcome, reason: string, result: ActionResult | null): void {
    this.#case.record({ tryNumber: this.#try, deadlineNs: this.#deadlineNs, outcome, reason, result });
  }

  #finish(outcome: Outcome, reason: string, result: ActionResult | null): void {
    this.#state = "over";
    this.#timer.clear();
    this.#record(outcome, reason, result);
    this.#case.onFired(this);
  }

  /** Without a record. */
  #end(): void {
    this.#state = "over";
    this.#timer.clear();
    this.#case.onFired(this);
  }
}
