import { LatencyHistogram } from "../../report/index.ts";
import type { Outcome } from "../model/index.ts";
import { outcomes } from "../model/index.ts";
import type { RunFacts } from "./attempt-record.ts";
import type { AttemptRecord } from "./columns.ts";
import type { OutcomeCounts, PolicySummary, RecordFileFacts, RuleSummary } from "./summary.ts";
import { summarySchema } from "./summary.ts";

/** What is added up of a record. */
export type TalliedRecord = Pick<
  AttemptRecord,
  "degraded" | "outcome" | "rule" | "action" | "compress_ack" | "compress_latency_ms" | "lateness_us" | "saved_bytes"
>;

/** How a run ended, for its summary. */
export interface RunEnd {
  /** SIGINT, SIGTERM, error, … */
  readonly reason: string;
  readonly endedWallMs: number | null;
  readonly lostEvents: number | null;
}

/** What cannot be seen in the records: how many were not written, and where they are. */
export interface FileEnd {
  readonly droppedRecords: number;
  readonly file: RecordFileFacts | null;
}

/** Beyond this many pairs of rule and action the rest is added up under one name: rules of a foreign file may be many. */
const mostRules = 1000;
const otherRules = "(others)";

type Counts = Record<Outcome, number>;
interface RuleTally {
  readonly rule: string;
  readonly action: string;
  attempts: number;
  acknowledged: number;
  savedBytes: number;
  readonly outcomes: Counts;
}

const noCounts = (): Counts => Object.fromEntries(Object.keys(outcomes).map((outcome) => [outcome, 0])) as Counts;
const isOutcome = (text: string): text is Outcome => Object.hasOwn(outcomes, text);

/** Adds up the records of a run in constant memory. */
export class RunTally {
  readonly #rules = new Map<string, RuleTally>();
  readonly #ackLatency = new LatencyHistogram();
  readonly #lateness = new LatencyHistogram();
  #degraded = 0;
  #noAttempts = 0;

  add(record: TalliedRecord): void {
    if (record.degraded) this.#degraded += 1;
    if (record.compress_latency_ms !== null) this.#ackLatency.record(record.compress_latency_ms * 1e6);
    if (record.lateness_us !== null) this.#lateness.record(record.lateness_us * 1000);
    if (record.outcome === null || !isOutcome(record.outcome)) {
      this.#noAttempts += 1;
      return;
    }
    const rule = this.#ruleOf(record);
    rule.attempts += 1;
    rule.outcomes[record.outcome] += 1;
    if (record.compress_ack) rule.acknowledged += 1;
    rule.savedBytes += record.saved_bytes ?? 0;
  }

  #ruleOf({ rule, action }: TalliedRecord): RuleTally {
    const known = this.#rules.get(`${action}\0${rule}`);
    if (known !== undefined) return known;
    const isOther = this.#rules.size >= mostRules;
    const key = isOther ? otherRules : `${action}\0${rule}`;
    const names = isOther ? { rule: otherRules, action: otherRules } : { rule, action };
    const tally = this.#rules.get(key) ?? {
      ...names,
      attempts: 0,
      acknowledged: 0,
      savedBytes: 0,
      outcomes: noCounts(),
    };
    this.#rules.set(key, tally);
    return tally;
  }

  /** The summary of what was added so far. */
  summarize(run: RunFacts, end: RunEnd, written: FileEnd): PolicySummary {
    const rules = [...this.#rules.values()];
    const total = (of: (rule: RuleTally) => number): number => rules.reduce((sum, rule) => sum + of(rule), 0);
    const counts = noCounts();
    for (const outcome of Object.keys(counts) as Outcome[]) counts[outcome] = total((rule) => rule.outcomes[outcome]);
    return {
      schema: summarySchema,
      run_id: run.runId,
      boot_id: run.bootId,
      host: run.host,
      corral_version: run.corralVersion,
      start_time: run.startedWallMs > 0 ? new Date(run.startedWallMs).toISOString() : null,
      end_time: end.endedWallMs === null ? null : new Date(end.endedWallMs).toISOString(),
      end_reason: end.reason,
      attempts: total((rule) => rule.attempts),
      acknowledged: total((rule) => rule.acknowledged),
      degraded: this.#degraded,
      no_attempts: this.#noAttempts,
      outcomes: counts satisfies OutcomeCounts,
      rules: rules.map(toRuleSummary),
      ack_latency: this.#ackLatency.figures,
      lateness: this.#lateness.figures,
      saved_bytes: total((rule) => rule.savedBytes),
      lost_events: end.lostEvents,
      dropped_records: written.droppedRecords,
      file: written.file,
    };
  }
}

const toRuleSummary = ({ savedBytes, ...rule }: RuleTally): RuleSummary => ({
  rule: rule.rule,
  action: rule.action,
  attempts: rule.attempts,
  acknowledged: rule.acknowledged,
  saved_bytes: savedBytes,
  outcomes: rule.outcomes,
});
