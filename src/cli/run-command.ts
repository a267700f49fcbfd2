import { ownArguments, ownEnvironment, signalNumbers } from "../kernel/index.ts";
import { exitStatus } from "../report/index.ts";
import type { RunningJob, RunSpec, StartOptions, StartResult } from "../run/index.ts";
import { exitStatusOf, startRun } from "../run/index.ts";
import { ignoreUserSignals } from "./deaf-signals.ts";
import type { RawRunFlags } from "./full-run-flags.ts";
import { say } from "./output.ts";
import { checkReportPath } from "./report-file.ts";
import type { ReportSinks } from "./report-sinks.ts";
import { deliverReport, printSummary } from "./report-sinks.ts";
import { toRunSpec } from "./run-spec.ts";
import { inForegroundJob } from "./terminal.ts";

/** Signals that make Corral leave, or end the workload with `--lifetime tied`. */
const leavingSignals = ["SIGTERM", "SIGHUP"] as const;
/** Signals that a terminal sends to the whole foreground job. */
const terminalSignals = ["SIGINT", "SIGQUIT"] as const;

/** How a run differs from one in the foreground whose output is its own. */
export interface RunVariant {
  readonly spec: RunSpec;
  readonly options: StartOptions;
  /** Told of the job when it runs; a number ends Corral with it. */
  readonly onStart: (job: RunningJob) => Promise<number | null>;
  /** Called when there will be no job. */
  readonly abandon: () => void;
}

/** Makes a variant of a run that is about to start. */
export type VaryRun = (spec: RunSpec, sinks: ReportSinks) => RunVariant;

/** A command line of `corral run`, judged. */
export interface ReadRun {
  readonly spec: RunSpec;
  readonly sinks: ReportSinks;
  /** Corral is in the foreground of a terminal. */
  readonly foreground: boolean;
}

/**
 * Judges a command line of `corral run`; nothing is started or created.
 * @throws CorralError USAGE, REPORT_UNWRITABLE
 */
export function readRun(flags: RawRunFlags, command: readonly string[]): ReadRun {
  const foreground = inForegroundJob();
  const asked = toRunSpec(flags, exactCommand(command), exactEnvironment());
  const sinks = { quiet: flags.quiet === true, json: flags.json === true, file: flags.report ?? null };
  if (sinks.file !== null) checkReportPath(sinks.file);
  return { spec: { ...asked, processGroup: foreground ? "shared" : "own" }, sinks, foreground };
}

/**
 * `corral run`: starts the workload, waits, reports.
 * @returns the exit status
 */
export async function runCommand(
  flags: RawRunFlags,
  command: readonly string[],
  vary: VaryRun | null = null,
): Promise<number> {
  const { spec: usual, sinks, foreground } = readRun(flags, command);
  const signals = holdSignals();
  const variant = vary?.(usual, sinks) ?? null;
  const spec = variant?.spec ?? usual;
  const started = await startRun(spec, {
    ...variant?.options,
    // Nothing else is to be done meanwhile.
    spawnMode: "blocking",
    onWarning: (line) => {
      if (!sinks.quiet) say(line);
    },
  }).catch((refusal: unknown) => {
    variant?.abandon();
    throw refusal;
  });
  if (!started.started) {
    variant?.abandon();
    return reportUnstarted(started, sinks);
  }
  const status = variant === null ? null : await variant.onStart(started.job);
  if (status !== null) return status;
  const left = signals.handOver(started.job, spec, foreground);
  const outcome = await Promise.race([finished(started.job, sinks), left]);
  if (typeof outcome === "number") return outcome;
  return reportLeaving(started.job, outcome.signal, sinks);
}

/** The sign that Node has replaced something that was not UTF-8. */
const replaced = "\ufffd";

/** The command with every byte kept; the exact words are only read when Node's are not. */
const exactCommand = (command: readonly string[]): readonly string[] =>
  command.some((word) => word.includes(replaced)) ? ownArguments(command.length) : command;

function exactEnvironment(): NodeJS.ProcessEnv {
  // A copy: each look at a variable of process.env is a call into Node.
  const environment = { ...process.env };
  const mangled = Object.entries(environment).some(
    ([name, value]) => name.includes(replaced) || value?.includes(replaced) === true,
  );
  return mangled ? ownEnvironment() : environment;
}

interface Leaving {
  readonly signal: NodeJS.Signals;
}

/** Collects signals from the first moment, so that none is lost while the workload is being started. */
function holdSignals(): { handOver: (job: RunningJob, spec: RunSpec, foreground: boolean) => Promise<Leaving> } {
  const pending: NodeJS.Signals[] = [];
  let deliver = (signal: NodeJS.Signals): void => void pending.push(signal);
  ignoreUserSignals();
  for (const name of [...leavingSignals, ...terminalSignals]) process.on(name, (signal) => deliver(signal));
  return {
    handOver: (job, spec, foreground) =>
      new Promise((resolve) => {
        deliver = (signal) => {
          const fromTerminal = foreground && (terminalSignals as readonly string[]).includes(signal);
          // The terminal has sent it to the workload as well: it is in the same process group.
          if (fromTerminal) return;
          if (spec.lifetime === "tied") void job.end("tied");
          else resolve({ signal });
        };
        for (const signal of pending.splice(0)) deliver(signal);
      }),
  };
}

async function finished(job: RunningJob, sinks: ReportSinks): Promise<number> {
  const report = await job.result;
  printSummary(report, sinks);
  const status = exitStatusOf(report);
  // A workload's own failure says more than a lost report; a success must not hide it.
  return deliverReport(report, sinks) || status !== 0 ? status : exitStatus.corral;
}

async function reportLeaving(job: RunningJob, signal: NodeJS.Signals, sinks: ReportSinks): Promise<number> {
  deliverReport(await job.detach(signal), sinks);
  if (!sinks.quiet) say(job.leavingLine(signal));
  return 128 + (signalNumbers[signal] ?? 0);
}

function reportUnstarted({ error, report }: Extract<StartResult, { started: false }>, sinks: ReportSinks): number {
  deliverReport(report, sinks);
  say(error.toLine());
  return error.exitStatus;
}
