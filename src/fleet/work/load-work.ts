import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { packageRoot } from "../../kernel/index.ts";
import type { RunReport } from "../../report/index.ts";
import type { Job } from "../../run/library/index.ts";
import { runAt } from "../../run/library/index.ts";
import type { Settings } from "../../run/settings/index.ts";
import type { LoadConfig } from "../load/index.ts";
import { parseLoadLine } from "../load/index.ts";
import type { Assignment, FinalReport, Interval, WorkReport } from "../model/index.ts";
import { noTotals } from "../model/index.ts";
import type { HostPolicy } from "./host-policy.ts";
import { whyFailed } from "./run-phase.ts";
import type { BegunWork, Progress, Work, WorkEnd } from "./work.ts";
import { figuresOf, workResult } from "./work-result.ts";

/** From TERM to KILL: it removes the files that it has made. */
const killAfterMs = 3000;
const tailBytes = 4096;

type LoadJob = Job<readonly ["pipe", "pipe", "pipe"]>;

/** A load generator, in a process of its own: it is made ready while others prepare, and waits for the moment by itself. */
export class LoadWork implements Work {
  readonly #config: LoadConfig;
  readonly #settings: Settings;
  readonly #policy: HostPolicy;
  readonly #assignment: Assignment;
  readonly #over = new AbortController();
  #job: LoadJob | null = null;
  #totals = noTotals;
  #intervals: Interval[] = [];
  #result: FinalReport | null = null;
  #failure: string | null = null;
  #stderrTail = "";
  /** Settles when everything that it has said is read. */
  #linesOver: Promise<void> = Promise.resolve();
  #onLine: { prepared: () => void; began: (atNs: bigint) => void; progress: Progress } = {
    prepared: () => {},
    began: () => {},
    progress: () => {},
  };

  constructor(config: LoadConfig, settings: Settings, policy: HostPolicy, assignment: Assignment) {
    this.#config = config;
    this.#settings = settings;
    this.#policy = policy;
    this.#assignment = assignment;
  }

  async prepare(signal: AbortSignal, progress: Progress): Promise<void> {
    const job = await this.#start(AbortSignal.any([signal, this.#over.signal]));
    const prepared = new Promise<void>((resolve) => {
      this.#onLine = { ...this.#onLine, progress, prepared: resolve };
    });
    const { index, count, pathPrefix } = this.#assignment;
    job.stdin.write(`${JSON.stringify({ config: this.#config, part: { index, count, pathPrefix } })}\n`);
    const ended = await Promise.race([prepared.then(() => null), job.result]);
    if (ended !== null) throw new Error(this.#whyEnded(ended));
  }

  async begin(atNs: bigint): Promise<BegunWork> {
    const job = this.#job;
    if (job === null) throw new Error("it was not prepared");
    const began = new Promise<bigint>((resolve) => {
      this.#onLine = { ...this.#onLine, began: resolve };
    });
    job.stdin.write(`${atNs}\n`);
    const first = await Promise.race([began, job.result]);
    if (typeof first !== "bigint") throw new Error(this.#whyEnded(first));
    return { atNs: first, ended: this.#follow(job) };
  }

  report(): WorkReport {
    const intervals = this.#intervals;
    this.#intervals = [];
    return { totals: this.#totals, intervals };
  }

  async cleanUp(): Promise<string | null> {
    this.#over.abort();
    const report = await this.#job?.result;
    return report?.exit_signal !== "SIGKILL" ? null : "it was killed before it had cleaned up";
  }

  async #start(signal: AbortSignal): Promise<LoadJob> {
    const { concurrency = 16 } = this.#config;
    const job = await runAt([process.execPath, `${packageRoot()}/dist/load-process.cjs`], {
      startAt: { atNs: 0n, onBegan: () => {} },
      settings: this.#settings,
      stdio: ["pipe", "pipe", "pipe"],
      // Files are read and written by as many threads as there are operations at a time, of those that libuv can have.
      env: { PATH: "/usr/bin:/bin", UV_THREADPOOL_SIZE: String(Math.min(1024, Math.max(4, concurrency))) },
      extendEnv: false,
      lifetime: "tied",
      killAfter: killAfterMs,
      tags: { fleet_agent: this.#assignment.agentId },
      signal,
      ...(this.#policy.user === null ? {} : { user: this.#policy.user }),
    });
    this.#job = job;
    this.#read(job);
    return job;
  }

  #read({ stdin, stdout, stderr }: { stdin: NodeJS.WritableStream; stdout: Readable; stderr: Readable }): void {
    // Who has ended reads nothing more; its end is told elsewhere.
    stdin.on("error", () => {});
    const lines = createInterface({ input: stdout }).on("line", (line) => this.#take(line));
    this.#linesOver = new Promise((resolve) => lines.once("close", resolve));
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-tailBytes);
    });
  }

  #take(text: string): void {
    const line = parseLoadLine(text);
    if (line === null) return;
    if (line.kind === "progress") this.#onLine.progress(BigInt(line.done), BigInt(line.total));
    else if (line.kind === "prepared") this.#onLine.prepared();
    else if (line.kind === "began") this.#onLine.began(line.atNs);
    else if (line.kind === "failed") this.#failure = line.why;
    else {
      const report = line.kind === "report" ? line.report : line.result;
      this.#totals = report.totals;
      this.#intervals.push(...report.intervals);
      if (line.kind === "done") this.#result = line.result;
    }
  }

  #whyEnded(report: RunReport): string {
    return this.#failure ?? whyFailed(report, [], this.#stderrTail) ?? "it has ended";
  }

  async #follow(job: LoadJob): Promise<WorkEnd> {
    const report = await job.result;
    await this.#linesOver;
    const figures = this.#result;
    const why = figures === null ? this.#whyEnded(report) : whyFailed(report, [0], this.#stderrTail);
    const result = workResult({
      kind: "load",
      report,
      prepare: null,
      metrics: new Map(),
      scenario: null,
      stdoutTail: "",
      stderrTail: this.#stderrTail,
    });
    const { wallMs, cells, prepare } = figures ?? figuresOf(report);
    return { why, result, figures: { wallMs, cells, prepare } };
  }
}
