import { counted } from "../../report/index.ts";
import type { FleetRun, RunEffect } from "../controller/index.ts";
import { LatencyTable } from "../latencies/index.ts";
import type { FleetOutcome, Operation } from "../model/index.ts";
import type { Threshold, ThresholdVerdict } from "../thresholds/index.ts";
import { judgeThreshold } from "../thresholds/index.ts";
import { AgentTally } from "./agent-tally.ts";
import type { Aggregate } from "./aggregate.ts";
import { aggregatePrepare, aggregateWork, figuresFor } from "./aggregate.ts";
import { buildStatus } from "./build-status.ts";
import type { FleetMetadata, FleetStatus } from "./documents.ts";
import { FleetSeries } from "./fleet-series.ts";
import type { ResultsDirectory } from "./results-directory.ts";
import type { ResultsSubject } from "./results-files.ts";
import { resultFiles } from "./results-files.ts";
import { runLine } from "./run-lines.ts";
import { seriesHeading, seriesLine } from "./series.ts";
import { statusText } from "./status-text.ts";

/** How often what has come is written, and to how many files at a time: of many agents each has its turn. */
const flushMs = 1000;
const filesPerFlush = 16;
/** More of them say nothing new. */
const mostWarnings = 1000;

/** What a run is, for its records. */
export interface RunFacts {
  readonly run: string;
  readonly version: string;
  readonly configPath: string | null;
  /** As it was given; of a run without a file what its flags come to. */
  readonly configText: string;
  readonly commandLine: readonly string[];
  readonly hostname: string;
  readonly agents: readonly { readonly agentId: string; readonly address: string }[];
  readonly thresholds: readonly Threshold[];
}

/** The time, of which records have two. */
export interface RecorderClock {
  nowMs(): number;
  wallNs(): bigint;
}

/** Work of several agents, and whose. */
interface Consolidated {
  readonly work: Aggregate;
  readonly agents: readonly string[];
  /** Whether none of them has completed. */
  readonly partial: boolean;
}

/** Keeps what a run comes to, and writes it into a directory while it goes on. */
export class RunRecorder {
  readonly #facts: RunFacts;
  readonly #directory: ResultsDirectory;
  readonly #clock: RecorderClock;
  readonly #tallies: readonly AgentTally[];
  readonly #series = new FleetSeries();
  readonly #failedAtMs = new Map<number, number>();
  readonly #warnings: string[] = [];
  /** Files of series that have their heading. */
  readonly #begunSeries = new Set<string>();
  /** Of the span that is written, in the same memory for all. */
  readonly #span = new LatencyTable();
  /** What all have done, once it was asked for; null: more has come since. */
  #consolidated: Consolidated | null = null;
  readonly #began: { readonly nowMs: number; readonly wallMs: number };
  readonly #timer: NodeJS.Timeout;
  /** Why the run was ended for all; null: it was not. */
  #endedBecause: string | null = null;

  constructor(facts: RunFacts, directory: ResultsDirectory, clock: RecorderClock) {
    this.#facts = facts;
    this.#directory = directory;
    this.#clock = clock;
    this.#tallies = facts.agents.map(() => new AgentTally());
    this.#began = { nowMs: clock.nowMs(), wallMs: this.#wallMs };
    this.#timer = setInterval(() => void directory.flush(filesPerFlush), flushMs);
    this.#timer.unref();
    void directory.write("config.yaml", facts.configText);
    void directory.writeJson("metadata.json", this.#metadata(null));
    this.log(`corral ${facts.version}: ${facts.run}, ${facts.agents.length} agents`);
  }

  /** Writes that the run is under way: what is found when the controller is killed. */
  begin(run: FleetRun): void {
    void this.#directory.writeJson("status.json", this.#status(run, null));
  }

  get tallies(): readonly AgentTally[] {
    return this.#tallies;
  }

  /** Adds a line to the console log. */
  log(line: string): void {
    this.#directory.append("console_log.txt", `[${Math.floor(this.#wallMs / 1000)}] ${line}\n`);
  }

  /** Takes in what a run does. */
  take(effect: RunEffect, run: FleetRun): void {
    const line = runLine(effect, (agent) => this.#nameOf(agent));
    if (line !== null) this.log(line);
    if (effect.kind === "warn" && line !== null && this.#warnings.length < mostWarnings) this.#warnings.push(line);
    if (effect.kind === "went" && effect.to === "failed") this.#failedAtMs.set(effect.agent, this.#wallMs);
    if (effect.kind === "phase" && effect.to === "ending") this.#endedBecause = effect.why;
    if (effect.kind === "report") this.#report(effect, run);
    if (effect.kind === "result")
      void this.#directory.write(`agents/${this.#nameOf(effect.agent)}/work.json`, `${effect.document}\n`);
  }

  /** What the thresholds come to, by the work of agents that completed; of all when none has. */
  verdicts(): readonly ThresholdVerdict[] {
    if (this.#facts.thresholds.length === 0) return [];
    const { work } = this.#consolidate();
    return this.#facts.thresholds.map((threshold) =>
      judgeThreshold(threshold, (operation: Operation | null) => figuresFor(work, operation)),
    );
  }

  /** Writes everything that is left; what could not be written the directory tells at its end. */
  async finish(run: FleetRun, outcome: FleetOutcome): Promise<FleetStatus> {
    clearInterval(this.#timer);
    this.#warnOfLoss();
    const status = this.#status(run, outcome);
    this.#appendFleetSeries(run, { all: true });
    await this.#writeResults(run);
    await this.#directory.writeJson("metadata.json", this.#metadata(this.#wallMs));
    await this.#directory.write("STATUS.txt", statusText(status));
    await this.#directory.writeJson("status.json", status);
    this.log(`ended: ${outcome}`);
    return status;
  }

  #nameOf(agent: number): string {
    return this.#facts.agents[agent]?.agentId ?? "";
  }

  get #wallMs(): number {
    return Number(this.#clock.wallNs() / 1_000_000n);
  }

  #report({ agent, report }: Extract<RunEffect, { kind: "report" }>, run: FleetRun): void {
    const tally = this.#tallies[agent];
    tally?.take(report);
    this.#consolidated = null;
    const agentId = this.#nameOf(agent);
    const startMs = startMsOf(run);
    for (const interval of report.intervals) {
      const { toMs, fromMs, cpu, errors, cells } = interval;
      const point = { agentId, atMs: startMs + toMs, elapsedMs: toMs, lastsMs: toMs - fromMs, cpu, errors };
      this.#span.clear();
      this.#span.add(cells);
      this.#appendSeries(`agents/${agentId}/perf_log.tsv`, [seriesLine({ ...point, table: this.#span })]);
      tally?.takeSpan(this.#span);
      this.#series.add(interval, this.#span);
    }
    this.#appendFleetSeries(run, { all: false });
  }

  #appendSeries(file: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const heading = this.#begunSeries.has(file) ? "" : seriesHeading;
    this.#begunSeries.add(file);
    this.#directory.append(file, heading + lines.join(""));
  }

  #appendFleetSeries(run: FleetRun, which: { readonly all: boolean }): void {
    this.#appendSeries("perf_log.tsv", this.#series.take(startMsOf(run), which).map(seriesLine));
  }

  /** Of the agents that completed; when none has, of all that have done something. */
  #consolidate(): Consolidated {
    this.#consolidated ??= this.#addUp();
    return this.#consolidated;
  }

  #addUp(): Consolidated {
    const all = this.#tallies.map((tally, agent) => ({ tally, agentId: this.#nameOf(agent) }));
    const complete = all.filter(({ tally }) => tally.isComplete);
    const counted = complete.length > 0 ? complete : all.filter(({ tally }) => tally.wallMs > 0);
    return {
      work: aggregateWork(counted.map(({ tally }) => tally)),
      agents: counted.map(({ agentId }) => agentId),
      partial: complete.length === 0 && counted.length > 0,
    };
  }

  async #writeResults(run: FleetRun): Promise<void> {
    const { work, agents, partial } = this.#consolidate();
    const startMs = startMsOf(run);
    const common = { run: this.#facts.run, startMs };
    if (run.startNs !== null) await this.#writeTables("", work, { ...common, stage: "workload", agents, partial });
    const prepare = aggregatePrepare(this.#tallies);
    if (prepare !== null) await this.#writeTables("", prepare, { ...common, stage: "prepare", agents, partial });
    for (const [agent, tally] of this.#tallies.entries()) await this.#writeAgent(agent, tally, common);
  }

  async #writeAgent(agent: number, tally: AgentTally, common: Pick<ResultsSubject, "run" | "startMs">): Promise<void> {
    const agentId = this.#nameOf(agent);
    const subject = { ...common, agents: [agentId], partial: !tally.isComplete };
    const folder = `agents/${agentId}/`;
    if (tally.isComplete || tally.wallMs > 0)
      await this.#writeTables(folder, aggregateWork([tally]), { ...subject, stage: "workload" });
    const prepare = aggregatePrepare([tally]);
    if (prepare !== null) await this.#writeTables(folder, prepare, { ...subject, stage: "prepare" });
  }

  async #writeTables(folder: string, work: Aggregate, subject: ResultsSubject): Promise<void> {
    for (const { name, text } of resultFiles(work, subject)) await this.#directory.write(`${folder}${name}`, text);
  }

  #warnOfLoss(): void {
    this.#tallies.forEach(({ untimed }, agent) => {
      if (untimed <= 0n) return;
      const agentId = this.#nameOf(agent);
      this.#warnings.push(`WARNING: ${agentId}: the latencies of ${untimed} operations are not known`);
    });
  }

  #whyOf({ links }: FleetRun, outcome: FleetOutcome | null): string {
    if (outcome === null) return "it runs";
    if (this.#endedBecause !== null) return this.#endedBecause;
    const completed = links.filter(({ state }) => state === "completed").length;
    const missed = this.verdicts().filter(({ passed }) => !passed).length;
    const ofThresholds =
      outcome === "missed" ? `, and ${counted(missed, "threshold was", "thresholds were")} missed` : "";
    return `${completed} of ${counted(links.length, "agent")} completed${ofThresholds}`;
  }

  #status(run: FleetRun, outcome: FleetOutcome | null): FleetStatus {
    const startMs = run.startNs === null ? null : startMsOf(run);
    return buildStatus({
      run: this.#facts.run,
      outcome,
      why: this.#whyOf(run, outcome),
      startedAtMs: this.#began.wallMs,
      startNs: run.startNs,
      endedAtMs: outcome === null ? null : this.#wallMs,
      durationMs: outcome === null ? null : this.#clock.nowMs() - this.#began.nowMs,
      agents: run.links.map((link, agent) => {
        const failedAtMs = this.#failedAtMs.get(agent);
        return {
          address: this.#facts.agents[agent]?.address ?? "",
          link,
          tally: this.#tallies[agent] ?? new AgentTally(),
          failedAfterStartMs: failedAtMs === undefined || startMs === null ? null : failedAtMs - startMs,
        };
      }),
      thresholds: run.startNs === null ? [] : this.verdicts(),
      warnings: this.#warnings,
    });
  }

  #metadata(endedAtMs: number | null): FleetMetadata {
    const { run, version, configPath, commandLine, hostname, agents } = this.#facts;
    return {
      schema: "corral.fleet-metadata/1",
      corral_version: version,
      run,
      config_path: configPath,
      command_line: [...commandLine],
      hostname,
      started_at: new Date(this.#began.wallMs).toISOString(),
      ended_at: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
      duration_sec: endedAtMs === null ? null : (this.#clock.nowMs() - this.#began.nowMs) / 1000,
      agents: agents.map(({ agentId, address }) => ({ agent_id: agentId, address })),
    };
  }
}

/** The common start in milliseconds of the wall clock; 0 before there is one. */
const startMsOf = ({ startNs }: FleetRun): number => (startNs === null ? 0 : Number(startNs / 1000n) / 1000);
