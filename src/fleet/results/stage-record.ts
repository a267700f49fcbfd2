import type { WorkMessage } from "../controller/index.ts";
import type { LatencyTable } from "../latencies/index.ts";
import type { Interval, RunStage } from "../model/index.ts";
import { AgentTally } from "./agent-tally.ts";
import type { Aggregate } from "./aggregate.ts";
import { aggregateWork } from "./aggregate.ts";
import { FleetSeries } from "./fleet-series.ts";
import { stageStem } from "./results-files.ts";

/** Work of agents that is told together. */
interface Consolidated {
  readonly work: Aggregate;
  readonly tallies: readonly AgentTally[];
  readonly agents: readonly string[];
  /** Whether it is of agents that did not complete the stage. */
  readonly partial: boolean;
}

/** What all agents have told of one stage. */
export class StageRecord {
  readonly stage: RunStage;
  /** From 1. */
  readonly number: number;
  /** Begins the names of its files; null: it is the only one, and they have names of their own. */
  readonly stem: string | null;
  readonly tallies: readonly AgentTally[];
  readonly series = new FleetSeries();
  /** When each agent really began, by its own clock. */
  readonly starts = new Map<number, bigint>();
  /** The common start, by the controller's clock; of a stage that waits for nobody when the first began. Null: nobody has. */
  startNs: bigint | null = null;
  readonly #agentIds: readonly string[];
  /** What all have done, once it was asked for; null: more has come since. */
  #consolidated: Consolidated | null = null;

  constructor(stage: RunStage, index: number, agentIds: readonly string[], isStaged: boolean) {
    this.stage = stage;
    this.number = index + 1;
    this.stem = isStaged ? stageStem(stage.name, index + 1) : null;
    this.tallies = agentIds.map(() => new AgentTally());
    this.#agentIds = agentIds;
  }

  /** The common start in milliseconds of the wall clock; 0 before there is one. */
  get startMs(): number {
    return this.startNs === null ? 0 : Number(this.startNs / 1000n) / 1000;
  }

  /** Takes a report in, but for the latencies of its intervals. */
  take(agent: number, report: WorkMessage): void {
    this.#consolidated = null;
    if (!this.starts.has(agent)) this.starts.set(agent, report.actualStartNs);
    this.tallies[agent]?.take(report);
  }

  /** Takes in an interval of the report that was taken last, with its latencies. */
  takeSpan(agent: number, interval: Interval, span: LatencyTable): void {
    this.tallies[agent]?.takeSpan(span);
    this.series.add(interval, span);
  }

  /** Of the agents that completed it; when none has, of all that have done something. */
  consolidated(): Consolidated {
    this.#consolidated ??= this.#addUp();
    return this.#consolidated;
  }

  #addUp(): Consolidated {
    const all = this.tallies.map((tally, agent) => ({ tally, agentId: this.#agentIds[agent] ?? "" }));
    const complete = all.filter(({ tally }) => tally.isComplete);
    const counted = complete.length > 0 ? complete : all.filter(({ tally }) => tally.wallMs > 0);
    const tallies = counted.map(({ tally }) => tally);
    return {
      work: aggregateWork(tallies),
      tallies,
      agents: counted.map(({ agentId }) => agentId),
      partial: complete.length === 0 && counted.length > 0,
    };
  }
}
