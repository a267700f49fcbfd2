import type { RunReport } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Assignment, WorkReport } from "../model/index.ts";
import type { CommandConfig } from "./command-config.ts";
import type { HostPolicy } from "./host-policy.ts";
import { MetricReader, totalsOf } from "./metric-reader.ts";
import type { Phase } from "./phase.ts";
import { agentVariables } from "./placeholders.ts";
import type { BegunPhase } from "./run-phase.ts";
import { beginPhase, whyFailed } from "./run-phase.ts";
import type { Scratch } from "./scratch.ts";
import type { BegunWork, Work, WorkEnd } from "./work.ts";
import { figuresOf, workResult } from "./work-result.ts";

/** How long cleaning up may take that has no timeout of its own. */
const cleanupMs = 60_000;

/** A program, with what runs before and after it. */
export class CommandWork implements Work {
  readonly #config: CommandConfig;
  readonly #policy: HostPolicy;
  readonly #assignment: Assignment;
  readonly #scratch: Scratch;
  readonly #values = new Map<string, number>();
  readonly #stdout: MetricReader;
  readonly #stderr: MetricReader;
  #prepareReport: RunReport | null = null;
  #hasMade = false;
  #cleaning: Promise<string | null> | null = null;

  constructor(config: CommandConfig, policy: HostPolicy, assignment: Assignment, scratch: Scratch) {
    this.#config = config;
    this.#policy = policy;
    this.#assignment = assignment;
    this.#scratch = scratch;
    const from = (stream: "stdout" | "stderr"): MetricReader =>
      new MetricReader(
        config.metrics.filter((one) => one.stream === stream),
        this.#values,
      );
    this.#stdout = from("stdout");
    this.#stderr = from("stderr");
  }

  async prepare(signal: AbortSignal): Promise<void> {
    this.#hasMade = true;
    await this.#scratch.make(this.#policy.user);
    signal.throwIfAborted();
    const { prepare } = this.#config;
    if (prepare === null) return;
    const { report, tail } = await this.#runAside(prepare, signal);
    this.#prepareReport = report;
    const why = whyFailed(report, [0], tail);
    if (why !== null) throw new Error(why);
  }

  async begin(atNs: bigint, signal: AbortSignal): Promise<BegunWork> {
    const { killAfterMs } = this.#config;
    const stopping = new AbortController();
    const begun = await this.#start(this.#config, atNs, AbortSignal.any([signal, stopping.signal]), {
      killAfterMs,
      stdout: this.#stdout,
      stderr: this.#stderr,
    });
    return { atNs: begun.atNs, ended: this.#follow(begun, stopping) };
  }

  report(): WorkReport {
    return { totals: totalsOf(this.#values), intervals: [] };
  }

  cleanUp(): Promise<string | null> {
    this.#cleaning ??= this.#cleanUp();
    return this.#cleaning;
  }

  /** Ends it when its duration is over, and says what came of it. */
  async #follow({ ended }: BegunPhase, stopping: AbortController): Promise<WorkEnd> {
    const { durationMs, success } = this.#config;
    let isOver = false;
    const timer =
      durationMs === null
        ? undefined
        : setTimeout(() => {
            isOver = true;
            stopping.abort();
          }, durationMs);
    const report = await ended;
    clearTimeout(timer);
    const failed = whyFailed(report, success, this.#stderr.tail);
    // What ends because its time is over may end by our signal.
    const why = isOver && report.ended_by_corral !== null ? null : failed;
    const result = workResult({
      kind: "command",
      report,
      prepare: this.#prepareReport,
      metrics: this.#values,
      scenario: null,
      stdoutTail: this.#stdout.tail,
      stderrTail: this.#stderr.tail,
    });
    return { why, result, figures: figuresOf(report) };
  }

  async #cleanUp(): Promise<string | null> {
    if (!this.#hasMade) return null;
    const { cleanup } = this.#config;
    const why = cleanup === null ? null : await this.#runCleanup(cleanup);
    const left = await this.#scratch.remove();
    return why ?? left;
  }

  async #runCleanup(phase: Phase): Promise<string | null> {
    try {
      const limit = AbortSignal.timeout(phase.timeoutMs ?? cleanupMs);
      const { report, tail } = await this.#runAside(phase, limit);
      return whyFailed(report, [0], tail);
    } catch (thrown) {
      return CorralError.from(thrown).toLine();
    }
  }

  /** Runs what is not the workload itself. */
  async #runAside(phase: Phase, signal: AbortSignal): Promise<{ report: RunReport; tail: string }> {
    const stderr = new MetricReader([], new Map());
    const streams = { stdout: new MetricReader([], new Map()), stderr };
    const begun = await this.#start(phase, 0n, signal, { killAfterMs: this.#config.killAfterMs, ...streams });
    return { report: await begun.ended, tail: stderr.tail };
  }

  #start(
    phase: Phase,
    atNs: bigint,
    signal: AbortSignal,
    parts: { readonly killAfterMs: number; readonly stdout: MetricReader; readonly stderr: MetricReader },
  ): Promise<BegunPhase> {
    return beginPhase({
      phase,
      atNs,
      signal,
      hasGroup: true,
      user: this.#policy.user,
      variables: agentVariables(this.#assignment, this.#scratch.path),
      tags: { fleet_agent: this.#assignment.agentId },
      ...parts,
    });
  }
}
