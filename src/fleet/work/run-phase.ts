import type { Readable } from "node:stream";
import type { RunReport } from "../../report/index.ts";
import { quote } from "../../report/index.ts";
import type { Job } from "../../run/library/index.ts";
import { runAt } from "../../run/library/index.ts";
import type { Phase } from "./phase.ts";
import { searchPath } from "./phase.ts";

/** What every command of a run gets. */
export interface PhaseRun {
  readonly phase: Phase;
  /** CLOCK_MONOTONIC; one that is over is now. */
  readonly atNs: bigint;
  readonly signal: AbortSignal;
  readonly killAfterMs: number;
  /** Whether it gets a group; false for what makes groups by itself, beside the agent's. */
  readonly hasGroup: boolean;
  /** Whom it runs as; null: as the agent. */
  readonly user: string | null;
  /** Of the agent's own, for the program. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly stdout: OutputReader;
  readonly stderr: OutputReader;
}

/** Who reads what a command writes. */
export interface OutputReader {
  read(text: string): void;
  /** Nothing more comes. */
  end(): void;
}

type PipedJob = Job<readonly ["ignore", "pipe", "pipe"]>;

/** A command that has begun. */
export interface BegunPhase {
  readonly job: PipedJob;
  readonly atNs: bigint;
  /** The report, when nothing of it is left and all its output is read. */
  readonly ended: Promise<RunReport>;
}

/** How long output may still come when nobody is left to write any. */
const outputGraceMs = 1000;

/** Reads an output to its end. */
const readAll = (stream: Readable, reader: OutputReader): Promise<void> =>
  new Promise((resolve) => {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => reader.read(text));
    stream.once("close", () => {
      reader.end();
      resolve();
    });
    stream.on("error", () => {});
  });

/** What is read of a program's surroundings; nothing else of the agent's environment reaches it. */
const inherited = ["HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

const environmentOf = ({ phase, variables }: PhaseRun): Record<string, string> => ({
  PATH: searchPath,
  ...Object.fromEntries(
    inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? ""]])),
  ),
  ...phase.environment,
  ...variables,
});

/**
 * Runs a command in a group of its own, which ends with it and with this process. An abort ends it.
 * @throws CorralError when it cannot be started
 */
export async function beginPhase(run: PhaseRun): Promise<BegunPhase> {
  const { phase, signal, user, killAfterMs, tags, stdout, stderr } = run;
  let began = 0n;
  const job = await runAt(phase.command, {
    startAt: {
      atNs: run.atNs,
      onBegan: (atNs) => {
        began = atNs;
      },
    },
    settings: phase.settings,
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(run),
    extendEnv: false,
    workdir: phase.directory,
    lifetime: "tied",
    account: run.hasGroup,
    killAfter: Math.max(1, killAfterMs),
    tags,
    signal,
    ...(user === null ? {} : { user }),
    ...(phase.timeoutMs === null ? {} : { timeout: phase.timeoutMs }),
  });
  const output = Promise.all([readAll(job.stdout, stdout), readAll(job.stderr, stderr)]);
  return { job, atNs: began === 0n ? process.hrtime.bigint() : began, ended: finish(job, output) };
}

async function finish(job: PipedJob, output: Promise<unknown>): Promise<RunReport> {
  const report = await job.result;
  // Somebody outside of the group may have got hold of the pipes.
  const timer = setTimeout(() => {
    job.stdout.destroy();
    job.stderr.destroy();
  }, outputGraceMs);
  await output;
  clearTimeout(timer);
  return report;
}

/** Why a command did not do what it should; null: it did. */
export function whyFailed(report: RunReport, success: readonly number[], tail: string): string | null {
  const { exit_reason: reason, exit_code: code, argv } = report;
  if (code !== null && reason !== "timeout" && success.includes(code)) return null;
  const said = tail.trim().split("\n").at(-1)?.slice(-longestSaid) ?? "";
  return `${argv[0] ?? ""} ${howEnded(report)}${said === "" ? "" : `: ${quote(said, longestSaid)}`}`;
}

const longestSaid = 200;

function howEnded({ exit_reason: reason, exit_code: code, exit_signal: signal }: RunReport): string {
  if (reason === "timeout") return "ran longer than its timeout";
  if (signal !== null) return `was killed by ${signal}${reason === "signal" ? "" : ` (${reason})`}`;
  return code === null ? "ended, nobody knows how" : `ended with status ${code}`;
}
