import type { Link, LinkState, RunEffect, RunPhase } from "../controller/index.ts";
import { linkStates } from "../controller/index.ts";
import type { LatencyFigures } from "../latencies/index.ts";
import { Latencies, LatencyTable } from "../latencies/index.ts";
import type { Interval, Operation } from "../model/index.ts";
import { operations } from "../model/index.ts";

/** Rates and latencies of one kind of operations in the last span; latencies in microseconds, null without any. */
export interface LiveFigures {
  readonly opsPerSec: number;
  readonly bytesPerSec: number;
  readonly meanUs: number | null;
  readonly p50Us: number | null;
  readonly p95Us: number | null;
  readonly p99Us: number | null;
}

export interface LiveAgent {
  readonly agentId: string;
  readonly state: LinkState;
  readonly operations: number;
  readonly errors: number;
  readonly opsPerSec: number;
  readonly p99Us: number | null;
  /** Since anything came of it; null: it is not connected. */
  readonly silentMs: number | null;
  /** Whether it does less than half of what the agent in the middle does, or has not reported for long. */
  readonly isStraggler: boolean;
  /** How far preparing is; null: it has not told. */
  readonly prepared: { readonly done: number; readonly total: number | null } | null;
}

/** How a run stands at a moment. */
export interface LiveView {
  readonly phase: RunPhase;
  /** The stage that the last of the agents is in; null: the run has only one. */
  readonly stage: string | null;
  /** Since the last common start; null: none is known. Below zero: it is still to come. */
  readonly sinceStartMs: number | null;
  readonly states: Readonly<Record<LinkState, number>>;
  readonly figures: Readonly<Record<Operation, LiveFigures>>;
  readonly all: LiveFigures;
  readonly operations: number;
  readonly errors: number;
  readonly agents: readonly LiveAgent[];
}

/** What a board asks of a run. */
export interface LiveRun {
  readonly phase: RunPhase;
  readonly links: readonly Readonly<Link>[];
  /** The last common start. */
  readonly stageStartNs: bigint | null;
  /** From 0. */
  readonly stage: number;
}

/** Without a report for so long an agent is late, whatever it does. */
const lateMs = 2500;

/** Operations and bytes a second. */
interface Rate {
  readonly opsPerSec: number;
  readonly bytesPerSec: number;
}

/** What one agent did in the last span that it has told. */
interface Span {
  readonly opsPerSec: number;
  readonly p99Us: number | null;
}

const sumOf = (rates: readonly Rate[]): Rate => ({
  opsPerSec: rates.reduce((sum, one) => sum + one.opsPerSec, 0),
  bytesPerSec: rates.reduce((sum, one) => sum + one.bytesPerSec, 0),
});

function toFigures({ opsPerSec, bytesPerSec }: Rate, latencies: LatencyFigures): LiveFigures {
  const [p50Us = null, p95Us = null, p99Us = null] = [50, 95, 99].map((percent) => latencies.percentileUs(percent));
  return { opsPerSec, bytesPerSec, meanUs: latencies.meanUs, p50Us, p95Us, p99Us };
}

/** How a run stands, of what its agents told last. */
export class LiveBoard {
  /** By number of the agent. */
  readonly #last = new Map<number, Interval>();
  /** Of one agent after the other, in the same memory. */
  readonly #one = new Latencies();
  /** Names of the stages; empty: there is only one. */
  readonly #stages: readonly string[];

  /** @param stages their names; empty: there is only one */
  constructor(stages: readonly string[]) {
    this.#stages = stages;
  }

  /** Takes in what a run does. */
  take(effect: RunEffect): void {
    if (effect.kind === "report") {
      const isOver = effect.report.kind !== "running";
      const interval = isOver ? undefined : effect.report.intervals.at(-1);
      // What has completed a stage does nothing of it any more.
      if (isOver) this.#last.delete(effect.agent);
      else if (interval !== undefined) this.#last.set(effect.agent, interval);
    } else if (effect.kind === "went" && (effect.to === "failed" || effect.to === "aborted"))
      this.#last.delete(effect.agent);
  }

  /** A pure look: asking twice changes nothing. */
  view(run: LiveRun, now: { readonly nowMs: number; readonly wallNs: bigint }): LiveView {
    const { spans, figures, all } = this.#addUp();
    const rates = [...spans.values()].map(({ opsPerSec }) => opsPerSec).toSorted((one, other) => one - other);
    const middle = rates[Math.floor(rates.length / 2)] ?? 0;
    const agents = run.links.map((link, agent): LiveAgent => {
      const silentMs = link.isOpen ? now.nowMs - link.heardMs : null;
      const { opsPerSec, p99Us } = spans.get(agent) ?? { opsPerSec: 0, p99Us: null };
      const isRunning = link.state === "collecting";
      return {
        agentId: link.assignment.agentId,
        state: link.state,
        ...totalsOf(link),
        opsPerSec,
        p99Us,
        silentMs,
        isStraggler: isRunning && (opsPerSec < middle / 2 || now.nowMs - link.reportedMs > lateMs),
        prepared: preparedOf(link),
      };
    });
    return {
      phase: run.phase,
      stage: this.#stages[run.stage] ?? null,
      sinceStartMs: run.stageStartNs === null ? null : Number(now.wallNs - run.stageStartNs) / 1e6,
      states: statesOf(run.links),
      figures,
      all,
      operations: agents.reduce((sum, one) => sum + one.operations, 0),
      errors: agents.reduce((sum, one) => sum + one.errors, 0),
      agents,
    };
  }

  /** Rates are summed, and latencies are those of all agents' last spans added up. */
  #addUp(): {
    readonly spans: ReadonlyMap<number, Span>;
    readonly figures: Readonly<Record<Operation, LiveFigures>>;
    readonly all: LiveFigures;
  } {
    const [spans, merged] = [new Map<number, Span>(), new LatencyTable()];
    const rates: Record<Operation, Rate[]> = { get: [], put: [], meta: [] };
    for (const [agent, { fromMs, toMs, cells }] of this.#last) {
      const perSec = (amount: number): number => (amount * 1000) / Math.max(1, toMs - fromMs);
      this.#one.clear();
      for (const cell of cells) {
        const before = this.#one.count;
        this.#one.addAll(cell);
        rates[cell.operation].push({
          opsPerSec: perSec(this.#one.count - before),
          bytesPerSec: perSec(Number(cell.bytes)),
        });
      }
      merged.add(cells);
      spans.set(agent, { opsPerSec: perSec(this.#one.count), p99Us: this.#one.percentileUs(99) });
    }
    const figuresOf = (wanted: readonly Operation[]): LiveFigures =>
      toFigures(sumOf(wanted.flatMap((one) => rates[one])), merged.sum(wanted).latencies);
    const [get, put, meta] = [figuresOf(["get"]), figuresOf(["put"]), figuresOf(["meta"])];
    return { spans, figures: { get, put, meta }, all: figuresOf(operations) };
  }
}

function totalsOf({ totals }: Readonly<Link>): { readonly operations: number; readonly errors: number } {
  if (totals === null) return { operations: 0, errors: 0 };
  const { getOperations, putOperations, metaOperations, errors } = totals;
  return { operations: Number(getOperations + putOperations + metaOperations), errors: Number(errors) };
}

const preparedOf = ({ prepared }: Readonly<Link>): LiveAgent["prepared"] =>
  prepared === null
    ? null
    : { done: Number(prepared.done), total: prepared.total === null ? null : Number(prepared.total) };

function statesOf(links: readonly Readonly<Link>[]): Readonly<Record<LinkState, number>> {
  const states = Object.fromEntries(linkStates.map((state) => [state, 0])) as Record<LinkState, number>;
  for (const { state } of links) states[state] += 1;
  return states;
}
