import type { HostCgroups } from "../../cgroup/index.ts";
import { launcherArguments, signalNumber } from "../../kernel/index.ts";
import type { RunReport } from "../../report/index.ts";
import type { RunningJob, StartResult } from "../../run/index.ts";
import { exitStatusOf, gatherHostFacts, generateJobId, startRun, summaryText } from "../../run/index.ts";
import type { EndAnswer, GoingAnswer, JobAnswer, PlannedAnswer } from "./answers.ts";
import { refusedAnswer, saidLine } from "./answers.ts";
import { ClientLaunch } from "./client-launch.ts";
import type { TellJob } from "./job-event.ts";
import { endedEvent, leftEvent, startedEvent } from "./job-event.ts";
import type { JobExit, JobHeld, JobStarted } from "./job-request.ts";
import type { ServedRun } from "./served-run.ts";

/** Who runs a job. */
export interface JobClient {
  readonly pid: number;
  readonly cwd: string;
  /** The host's groups, and where it stands in them. */
  readonly cgroups: () => HostCgroups;
}

/** One run of a client, from its plan to its end. */
export class RunningRun {
  readonly #id: string;
  readonly #jobId: string;
  readonly #served: ServedRun;
  readonly #launch: ClientLaunch;
  readonly #started: Promise<StartResult>;
  readonly #tell: TellJob;
  #job: RunningJob | null = null;
  /** What the client has not been told yet. */
  #unsaid = "";

  /** @param id the name that its client calls it by @param client the process that becomes the parent of the workload */
  constructor(id: string, served: ServedRun, client: JobClient, tell: TellJob) {
    this.#id = id;
    this.#served = served;
    this.#launch = new ClientLaunch(client.pid);
    const { spec, directories, quiet } = served;
    this.#jobId = spec.jobId ?? generateJobId(spec.command[0] ?? "");
    this.#started = startRun(
      { ...spec, jobId: this.#jobId },
      {
        directories,
        resultSync: "after",
        // What an earlier job of a chosen id left is in its way; of all others the guard clears up when nobody waits.
        lookAtAllJobs: spec.jobId !== null,
        parent: {
          pid: client.pid,
          cwd: client.cwd,
          facts: (one) => gatherHostFacts(one, client.cgroups()),
          launch: this.#launch.launch,
          exitSource: () => this.#launch.child?.exitSource ?? null,
        },
        onWarning: (line) => {
          if (!quiet) this.#unsaid += saidLine(line);
        },
      },
    );
    // Nobody waits for what is told.
    this.#tell = (event) => void setImmediate(() => tell(event));
    void this.#keepJob();
  }

  async #keepJob(): Promise<void> {
    const result = await this.#started.catch(() => null);
    if (result === null) return;
    if (!result.started) return this.#tell(endedEvent(result.report));
    this.#job = result.job;
    this.#tell(startedEvent(result.job.jobId, result.job.pid));
    this.#tell(endedEvent(await result.job.result));
  }

  /** Answers when the group stands, or when there will be no workload. */
  async begin(): Promise<JobAnswer> {
    const planned = this.#launch.planned.then(({ request, ahead }): PlannedAnswer => {
      const { variables, json, report, spec } = this.#served;
      return {
        run: this.#id,
        job: this.#jobId,
        command_words: spec.command.length,
        stderr: this.#say(),
        group: request.cgroup,
        options: launcherArguments(request.launcherOptions, null, null, null).slice(1),
        variables: variables.map(([name, value]) => (value === null ? name : `${name}=${value}`)),
        json,
        report,
        ahead: ahead === null ? null : { path: ahead.path, parts: ahead.parts },
        own_group: spec.processGroup === "own",
      };
    });
    return Promise.race([planned, this.#notStarted()]);
  }

  /** Answers when the process that waits may go on, or must not. */
  async held(held: JobHeld): Promise<JobAnswer> {
    return (await this.#launch.held(held)) ? this.#going() : this.#notStarted();
  }

  /** The command is executed, or cannot be. */
  async started(started: JobStarted): Promise<JobAnswer> {
    await this.#launch.started(started);
    return (await this.#started).started ? this.#going() : this.#notStarted();
  }

  /** The workload has ended. */
  async ended(exit: JobExit): Promise<EndAnswer> {
    const started = await this.#started;
    this.#launch.child?.ended(exit);
    if (!started.started) return this.#notStarted();
    const report = await started.job.result;
    const summary = this.#served.quiet ? "" : summaryText(report);
    return this.#end(exitStatusOf(report), report, summary);
  }

  /** The client leaves because of a signal; the workload goes on without anybody who watches it. */
  async leave(signal: NodeJS.Signals): Promise<EndAnswer> {
    const started = await this.#started;
    if (!started.started) return this.#notStarted();
    const { job } = started;
    const report = await job.detach(signal);
    this.#tell(leftEvent(job.jobId, job.pid, signal));
    const line = this.#served.quiet ? "" : saidLine(job.leavingLine(signal));
    return this.#end(128 + (signalNumber(signal) ?? 0), report, line);
  }

  /** The client has gone without a word: the guard goes on. Resolves with the job's end. */
  async abandoned(): Promise<void> {
    await this.#launch.gone();
    const started = await this.#started.catch(() => null);
    if (started?.started === true) await started.job.result;
  }

  /** The guard goes: whoever takes the job up later watches it. */
  release(why: string): void {
    this.#job?.leave(why);
  }

  #going(): GoingAnswer {
    return { stderr: this.#say() };
  }

  #say(): string {
    const text = this.#unsaid;
    this.#unsaid = "";
    return text;
  }

  #end(exit_status: number, report: RunReport, text: string): EndAnswer {
    const { json, report: file } = this.#served;
    return { exit_status, stderr: this.#say() + text, report: json || file !== null ? report : null };
  }

  /** Settles only for a run that has not started. */
  async #notStarted(): Promise<EndAnswer> {
    try {
      const result = await this.#started;
      if (result.started) return await new Promise<never>(() => {});
      return this.#end(result.error.exitStatus, result.report, saidLine(result.error.toLine()));
    } catch (thrown) {
      return refusedAnswer(thrown, this.#say());
    }
  }
}
