import { readlinkSync } from "node:fs";
import { hostCgroupsWatch } from "../../cgroup/index.ts";
import { readProcessStat } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { StateDirectories } from "../../run/index.ts";
import type { JobAnswer } from "./answers.ts";
import { refusedAnswer } from "./answers.ts";
import { ClearLater } from "./clear-later.ts";
import type { TellJob } from "./job-event.ts";
import type { JobExit, JobHeld, JobRequest, JobStarted } from "./job-request.ts";
import { RunningRun } from "./running-run.ts";
import type { ReadServedRun } from "./served-run.ts";

/** Who runs a job: its process, and the connection without which it is gone. */
export interface RunClient {
  readonly pid: number;
  readonly connection: AbortSignal;
}

interface Entry {
  readonly run: RunningRun;
  readonly client: RunClient;
  readonly directories: StateDirectories;
  readonly onGone: () => void;
}

const declined = (why: string): JobAnswer => ({ declined: why });

/** Reads /proc/PID/stat as `inForegroundJob` of the command line does of itself. */
function isInForeground(pid: number): boolean {
  const stat = readProcessStat(pid);
  return stat !== null && stat.ttyNr !== 0 && stat.tpgid === stat.pgrp;
}

/** The runs that clients have under way. */
export class ServedRuns {
  readonly #read: ReadServedRun | null;
  readonly #tell: TellJob;
  readonly #entries = new Map<string, Entry>();
  readonly #clearing = new ClearLater();
  readonly #cgroups = hostCgroupsWatch();
  #begun = 0;

  /** @param read null: none is served here */
  constructor(read: ReadServedRun | null, tell: TellJob) {
    this.#read = read;
    this.#tell = tell;
  }

  /** Begins a run; what cannot be served is declined, and nothing has happened then. */
  async begin(client: RunClient, { words, environment }: JobRequest): Promise<JobAnswer> {
    if (this.#read === null) return declined("no command lines are read here");
    const cwd = readlinkSync(`/proc/${client.pid}/cwd`);
    const foreground = isInForeground(client.pid);
    let served: ReturnType<ReadServedRun>;
    try {
      served = this.#read({ words, environment, cwd, foreground });
    } catch (thrown) {
      return refusedAnswer(thrown, "");
    }
    if (served === null) return declined("it needs a process of its own");
    this.#begun += 1;
    const id = `run_${client.pid}_${this.#begun}`;
    const run = new RunningRun(
      id,
      served,
      { pid: client.pid, cwd, cgroups: () => this.#cgroups()(client.pid) },
      this.#tell,
    );
    const { directories } = served;
    const entry: Entry = { run, client, directories, onGone: () => void this.#abandon(id) };
    this.#entries.set(id, entry);
    client.connection.addEventListener("abort", entry.onGone, { once: true });
    return this.#answer(id, run.begin());
  }

  /** Whether a connection has a run under way. */
  holds(connection: AbortSignal): boolean {
    return [...this.#entries.values()].some(({ client }) => client.connection === connection);
  }

  /** @throws CorralError JOB_NOT_FOUND, GUARD_DENIED, as all that follow */
  held(id: string, connection: AbortSignal, held: JobHeld): Promise<JobAnswer> {
    return this.#answer(id, this.#own(id, connection).held(held));
  }

  started(id: string, connection: AbortSignal, started: JobStarted): Promise<JobAnswer> {
    return this.#answer(id, this.#own(id, connection).started(started));
  }

  ended(id: string, connection: AbortSignal, exit: JobExit): Promise<JobAnswer> {
    return this.#answer(id, this.#own(id, connection).ended(exit));
  }

  leave(id: string, connection: AbortSignal, signal: NodeJS.Signals): Promise<JobAnswer> {
    return this.#answer(id, this.#own(id, connection).leave(signal));
  }

  /** Leaves all as they are: their workloads go on, and whoever takes them up watches them. */
  close(): void {
    for (const { run, client, onGone } of this.#entries.values()) {
      client.connection.removeEventListener("abort", onGone);
      run.release("guard");
    }
    this.#entries.clear();
    this.#clearing.close();
  }

  #own(id: string, connection: AbortSignal): RunningRun {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.client.connection === connection) return entry.run;
    throw new CorralError("JOB_NOT_FOUND", `there is no run ${quote(id)} of this connection`, { object: id });
  }

  /** An answer that is an end is the last one. */
  async #answer(id: string, answer: Promise<JobAnswer>): Promise<JobAnswer> {
    const given = await answer;
    if ("exit_status" in given) this.#forget(id);
    return given;
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.client.connection.removeEventListener("abort", entry.onGone);
    this.#entries.delete(id);
    this.#clearing.note(entry.directories);
  }

  async #abandon(id: string): Promise<void> {
    await this.#entries.get(id)?.run.abandoned();
    this.#forget(id);
  }
}
