import { readSwapSpace } from "../../kernel/index.ts";
import type { Outcome, Sample, SignalMeans, SignalSources } from "../model/index.ts";
import type { CompactDecision, CompactState, CompactTuning } from "./compact-law.ts";
import { compactWaits, decideCompaction, finished, firstCompactState } from "./compact-law.ts";
import type { CompactSubject } from "./compact-subject.ts";
import { majorFaultsOf, rssOf, swapOf } from "./compact-subject.ts";
import type { AdaptiveStarted, CompactStep, CompactSummary } from "./documents.ts";
import { lineOf } from "./documents.ts";
import { Paging, type Part } from "./paging.ts";
import { elapsedMs } from "./pause.ts";
import { SampleQueue } from "./sample-queue.ts";

export interface CompactRequest {
  readonly subject: CompactSubject;
  readonly tuning: CompactTuning;
  /** Decide and tell, but advise nothing. */
  readonly dryRun: boolean;
  readonly signals: SignalSources;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What was done at one look. */
interface Did {
  readonly reason: string;
  readonly part: Part | null;
  readonly outcome: Outcome | null;
}

const nowNs = (): bigint => process.hrtime.bigint();
const asLook = (sample: Sample, before: Sample, rssBytes: number) => ({
  atMs: Number(sample.atNs) / 1e6,
  cpuShare: Math.max(0, (sample.value - before.value) / 1000 / elapsedMs(before.atNs, sample.atNs)),
  rssBytes,
});

/** Idle compaction of one subject: a line whenever something is decided anew, and what it came to. */
export class CompactRun {
  readonly #request: CompactRequest;
  readonly #beganNs = nowNs();
  readonly #first: { readonly rss: number; readonly faults: number; readonly group: number | null };
  readonly #totals = { colds: 0, compactions: 0, wakes: 0, advised: 0, tookMs: 0, longestMs: 0 };
  #leastRss: number;
  #lastRss: number;
  #lastSwap = 0;
  #group: number | null;
  #leastGroup: number | null;
  #faults: number;
  #why = "it was stopped";
  #paging: Paging | null = null;

  constructor(request: CompactRequest) {
    this.#request = request;
    this.#first = {
      rss: rssOf(request.subject),
      faults: majorFaultsOf(request.subject),
      group: request.subject.groupBytes(),
    };
    this.#group = this.#first.group;
    this.#leastGroup = this.#first.group;
    this.#leastRss = this.#first.rss;
    this.#lastRss = this.#first.rss;
    this.#faults = this.#first.faults;
  }

  /** Lines until the signal is aborted or the subject is gone. */
  async *steps(): AsyncGenerator<AdaptiveStarted | CompactStep, void, undefined> {
    const { subject, tuning, signals, signal, dryRun } = this.#request;
    const queue = new SampleQueue();
    const want = { subject: subject.sample, metric: "cpu_us", trigger: null, everyMs: tuning.intervalMs } as const;
    const watch = signals.watch(
      want,
      (sample) => queue.put(sample),
      (reason) => queue.end(reason),
    );
    const stop = (): void => queue.end("it was stopped");
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      yield this.#started(watch.means, dryRun);
      yield* this.#looks(queue);
      this.#why = queue.ended ?? this.#why;
    } finally {
      signal.removeEventListener("abort", stop);
      watch.close();
      await this.#paging?.leave();
    }
  }

  async *#looks(queue: SampleQueue): AsyncGenerator<CompactStep, void, undefined> {
    const { tuning } = this.#request;
    let before = await queue.next();
    if (before === null) return;
    let state = firstCompactState(Number(before.atNs) / 1e6);
    let told = "";
    for (let sample = await queue.next(); sample !== null; sample = await queue.next()) {
      const look = asLook(sample, before, this.#look());
      before = sample;
      const decided = decideCompaction(state, look, tuning);
      const { decision } = decided.decision;
      const did = await this.#act(decided.decision);
      state = this.#stateAfter(decided.state, did, Number(sample.atNs) / 1e6);
      if (decision === "wait" && did.reason === told) continue;
      told = did.reason;
      yield this.#step(decision, look.cpuShare, did);
      if (did.part?.end === "woke")
        yield this.#step("wake", look.cpuShare, { reason: "it works again", part: null, outcome: null });
    }
  }

  #look(): number {
    const { subject } = this.#request;
    this.#lastRss = rssOf(subject);
    this.#lastSwap = swapOf(subject);
    this.#faults = Math.max(this.#faults, majorFaultsOf(subject));
    this.#leastRss = Math.min(this.#leastRss, this.#lastRss);
    this.#group = subject.groupBytes();
    if (this.#group !== null) this.#leastGroup = Math.min(this.#leastGroup ?? this.#group, this.#group);
    return this.#lastRss;
  }

  #started({ mechanism, reason }: SignalMeans, dryRun: boolean): AdaptiveStarted {
    const line = lineOf("started", this.#request.subject.name);
    return { ...line, policy: "idle-compaction", mechanism, mechanism_reason: reason, dry_run: dryRun };
  }

  async #act(decision: CompactDecision): Promise<Did> {
    switch (decision.decision) {
      case "wait":
        return { reason: compactWaits[decision.why], part: null, outcome: null };
      case "wake":
        this.#totals.wakes += 1;
        await this.#leave();
        return { reason: "it works again", part: null, outcome: null };
      case "cold":
        return this.#advise("cold");
      case "pageout":
        return this.#advise("pageout");
    }
  }

  async #advise(advice: "cold" | "pageout"): Promise<Did> {
    const { subject, tuning, dryRun, signal } = this.#request;
    if (dryRun) return { reason: `would advise ${advice} about ${subject.name}`, part: null, outcome: "dry_run" };
    if (advice === "pageout" && readSwapSpace().freeBytes === 0)
      return { reason: "there is no free swap that it could be paged out to", part: null, outcome: "rejected" };
    this.#paging ??= new Paging(subject, advice);
    // To mark pages as cold is quick, and is done at once.
    const budgetMs = advice === "cold" ? Number.POSITIVE_INFINITY : tuning.budgetMs;
    const part = await this.#paging.part(budgetMs, tuning.idleShare, signal);
    if (part.end !== "budget") await this.#leave();
    if (part.end === "done" && advice === "pageout") await subject.freeSwapCache();
    this.#count(advice, part);
    this.#look();
    return { reason: part.reason ?? reasonOf(advice, part), part, outcome: part.outcome };
  }

  #count(advice: "cold" | "pageout", { end, advisedBytes, tookMs, longestMs }: Part): void {
    const totals = this.#totals;
    if (end === "woke") totals.wakes += 1;
    if (end === "done" && advice === "cold") totals.colds += 1;
    if (end === "done" && advice === "pageout") totals.compactions += 1;
    if (advice === "pageout") totals.advised += advisedBytes;
    totals.tookMs += tookMs;
    totals.longestMs = Math.max(totals.longestMs, longestMs);
  }

  async #leave(): Promise<void> {
    await this.#paging?.leave();
    this.#paging = null;
  }

  /** The law sees what is to be done, not how it ended. */
  #stateAfter(state: CompactState, { part, outcome }: Did, atMs: number): CompactState {
    if (part?.end === "woke") return { ...state, phase: "awake", sinceMs: atMs };
    const over = outcome === "rejected" || outcome === "error" || outcome === "dry_run" || part?.end === "done";
    return over && state.phase === "paging" ? finished(state, this.#lastRss) : state;
  }

  #step(decision: CompactStep["decision"], cpuShare: number, { reason, part, outcome }: Did): CompactStep {
    return {
      ...lineOf("compact", this.#request.subject.name),
      decision,
      reason,
      cpu_share: cpuShare,
      rss_bytes: this.#lastRss,
      group_bytes: this.#group,
      advised_bytes: part?.advisedBytes ?? 0,
      took_ms: part?.tookMs ?? 0,
      outcome,
    };
  }

  /** What it has come to so far. */
  summary(): CompactSummary {
    if (this.#request.subject.processes().length > 0) this.#look();
    const { colds, compactions, wakes, advised, tookMs, longestMs } = this.#totals;
    const { rss, faults, group } = this.#first;
    return {
      ...lineOf("compact_summary", this.#request.subject.name),
      why: this.#why,
      duration_sec: elapsedMs(this.#beganNs, nowNs()) / 1000,
      before_rss_bytes: rss,
      after_rss_bytes: this.#lastRss,
      least_rss_bytes: this.#leastRss,
      before_group_bytes: group,
      least_group_bytes: this.#leastGroup,
      saved_share: rss === 0 ? 0 : 1 - this.#leastRss / rss,
      swap_bytes: this.#lastSwap,
      colds,
      compactions,
      wakes,
      advised_bytes: advised,
      took_ms: tookMs,
      longest_call_ms: longestMs,
      major_faults: this.#faults - faults,
    };
  }
}

function reasonOf(advice: "cold" | "pageout", { end }: Part): string {
  if (end === "woke") return "it works again, and is left alone";
  if (advice === "cold") return "its memory is the next to be reclaimed";
  return end === "done" ? "its memory is paged out" : "a part of its memory is paged out";
}
