import { resolve } from "node:path";
import { counted } from "../../report/index.ts";
import type { FleetRun, RunEffect } from "../controller/index.ts";
import { LatencyTable } from "../latencies/index.ts";
import type { FleetOutcome, Operation, RunStage } from "../model/index.ts";
import type { Threshold, ThresholdVerdict } from "../thresholds/index.ts";
import { judgeThreshold } from "../thresholds/index.ts";
import { figuresFor } from "./aggregate.ts";
import { buildStatus } from "./build-status.ts";
import type { FleetMetadata, FleetResults, FleetStatus } from "./documents.ts";
import type { ResultsDirectory } from "./results-directory.ts";
import { runLine } from "./run-lines.ts";
import { seriesHeading, seriesLine } from "./series.ts";
import { StageRecord } from "./stage-record.ts";
import { statusText } from "./status-text.ts";
import { outputsIn } from "./work-outputs.ts";
import { writeStage } from "./write-results.ts";

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
  /** `config`: what the agent is told to do. */
  readonly agents: readonly { readonly agentId: string; readonly address: string; readonly config: string }[];
  readonly stages: readonly RunStage[];
  /** Whether they have names that their user gave. */
  readonly isStaged: boolean;
  /** Each with the stage that it is judged by, from 0. */
  readonly thresholds: readonly { readonly stage: number; readonly threshold: Threshold }[];
}

/** The time, of which records have two. */
export interface RecorderClock {
  nowMs(): number;
  wallNs(): bigint;
}

/** Keeps what a run comes to, and writes it into a directory while it goes on. */
export class RunRecorder {
  readonly #facts: RunFacts;
  readonly #directory: ResultsDirectory;
  readonly #clock: RecorderClock;
  readonly #stages: readonly StageRecord[];
  readonly #failedAtMs = new Map<number, number>();
  readonly #warnings: string[] = [];
  /** Files of series that have their heading. */
  readonly #begunSeries = new Set<string>();
  /** Of the span that is written, in the same memory for all. */
  readonly #span = new LatencyTable();
  readonly #began: { readonly nowMs: number; readonly wallMs: number };
  readonly #timer: NodeJS.Timeout;
  /** Why the run was ended for all; null: it was not. */
  #endedBecause: string | null = null;
  /** Of all agents together. */
  readonly #documents: FleetResults[] = [];

  constructor(facts: RunFacts, directory: ResultsDirectory, clock: RecorderClock) {
    this.#facts = facts;
    this.#directory = directory;
    this.#clock = clock;
    const agentIds = facts.agents.map(({ agentId }) => agentId);
    this.#stages = facts.stages.map((stage, index) => new StageRecord(stage, index, agentIds, facts.isStaged));
    this.#began = { nowMs: clock.nowMs(), wallMs: this.#wallMs };
    this.#timer = setInterval(() => void directory.flush(filesPerFlush), flushMs);
    this.#timer.unref();
    void directory.write("config.yaml", facts.configText);
    void directory.writeJson("metadata.json", this.#metadata(null));
    for (const { agentId, config } of facts.agents) void directory.write(`agents/${agentId}/config.yaml`, config);
    this.log(`corral ${facts.version}: ${facts.run}, ${facts.agents.length} agents`);
  }

  /** Writes that the run is under way: what is found when the controller is killed. */
  begin(run: FleetRun): void {
    void this.#directory.writeJson("status.json", this.#status(run, null));
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
    if (effect.kind === "result") this.#keepResult(effect);
  }

  /** What all agents together have measured; there once the run has finished. */
  get documents(): readonly FleetResults[] {
    return this.#documents;
  }

  /** What the thresholds come to, by the work of agents that completed; of all when none has. */
  verdicts(): readonly ThresholdVerdict[] {
    return this.#facts.thresholds.flatMap(({ stage, threshold }) => {
      const record = this.#stages[stage];
      if (record === undefined) return [];
      const { work } = record.consolidated();
      const verdict = judgeThreshold(threshold, (operation: Operation | null) => figuresFor(work, operation));
      return [record.stem === null ? verdict : { ...verdict, threshold: `${record.stage.name}: ${verdict.threshold}` }];
    });
  }

  /** Writes everything that is left; what could not be written the directory tells at its end. */
  async finish(run: FleetRun, outcome: FleetOutcome): Promise<FleetStatus> {
    clearInterval(this.#timer);
    this.#warnOfLoss();
    const status = this.#status(run, outcome);
    for (const record of this.#stages) this.#appendFleetSeries(record, true);
    await this.#writeResults();
    await this.#directory.writeJson("metadata.json", this.#metadata(this.#wallMs));
    await this.#directory.write("STATUS.txt", statusText(status));
    await this.#directory.writeJson("status.json", status);
    this.log(`ended: ${outcome}`);
    return status;
  }

  /** What came of an agent's workload, with the end of what it wrote as files of their own. */
  #keepResult({ agent, stage, document }: Extract<RunEffect, { kind: "result" }>): void {
    const { stem = null } = this.#stages[stage] ?? {};
    const begin = `agents/${this.#nameOf(agent)}/${stem === null ? "" : `${stem}_`}`;
    void this.#directory.write(`${begin}work.json`, `${document}\n`);
    for (const [file, text] of outputsIn(document)) void this.#directory.write(`${begin}${file}`, text);
  }

  #nameOf(agent: number): string {
    return this.#facts.agents[agent]?.agentId ?? "";
  }

  get #wallMs(): number {
    return Number(this.#clock.wallNs() / 1_000_000n);
  }

  #report({ agent, stage, report }: Extract<RunEffect, { kind: "report" }>, run: FleetRun): void {
    const record = this.#stages[stage];
    if (record === undefined) return;
    record.startNs ??= startOf(record, report.actualStartNs, agent, run);
    const agentId = this.#nameOf(agent);
    record.take(agent, report);
    for (const interval of report.intervals) {
      const { toMs, fromMs, cpu, errors, cells } = interval;
      const [atMs, lastsMs, table] = [record.startMs + toMs, toMs - fromMs, this.#span];
      table.clear();
      table.add(cells);
      const point = { agentId, stage: record.stage.name, atMs, elapsedMs: toMs, lastsMs, cpu, errors, table };
      this.#appendSeries(`agents/${agentId}/perf_log.tsv`, [seriesLine(point)]);
      record.takeSpan(agent, interval, table);
    }
    // Nothing of a stage is late once another has a common start.
    for (const before of this.#stages.slice(0, stage)) this.#appendFleetSeries(before, record.stage.barrier);
    this.#appendFleetSeries(record, false);
  }

  #appendSeries(file: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const heading = this.#begunSeries.has(file) ? "" : seriesHeading;
    this.#begunSeries.add(file);
    this.#directory.append(file, heading + lines.join(""));
  }

  #appendFleetSeries({ series, startMs, stage }: StageRecord, all: boolean): void {
    this.#appendSeries("perf_log.tsv", series.take({ startMs, stage: stage.name, all }).map(seriesLine));
  }

  async #writeResults(): Promise<void> {
    const { run, agents } = this.#facts;
    const parts = { directory: this.#directory, run, agentIds: agents.map(({ agentId }) => agentId) };
    for (const record of this.#stages) this.#documents.push(...(await writeStage(record, parts)));
  }

  #warnOfLoss(): void {
    for (const { tallies } of this.#stages)
      tallies.forEach(({ untimed }, agent) => {
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
    const startMs = run.startNs === null ? null : Number(run.startNs / 1000n) / 1000;
    return buildStatus({
      run: this.#facts.run,
      results: resolve(this.#directory.path),
      outcome,
      why: this.#whyOf(run, outcome),
      startedAtMs: this.#began.wallMs,
      startNs: run.startNs,
      endedAtMs: outcome === null ? null : this.#wallMs,
      durationMs: outcome === null ? null : this.#clock.nowMs() - this.#began.nowMs,
      stages: this.#stages,
      agents: run.links.map((link, agent) => {
        const failedAtMs = this.#failedAtMs.get(agent);
        return {
          address: this.#facts.agents[agent]?.address ?? "",
          link,
          tallies: this.#stages.flatMap(({ tallies }) => tallies[agent] ?? []),
          stageName: this.#facts.isStaged ? (this.#stages[link.stage]?.stage.name ?? null) : null,
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

/** When a stage began, by the controller's clock: at the common start, or when this agent, the first, did. */
function startOf({ stage, number }: StageRecord, actualStartNs: bigint, agent: number, run: FleetRun): bigint | null {
  if (number === 1 || stage.barrier) return run.stageStartNs;
  const { clock = null } = run.links[agent] ?? {};
  return actualStartNs - (clock?.offsetNs ?? 0n);
}
