import { closeSync, openSync } from "node:fs";
import { CorralError, exitStatus } from "../report/index.ts";
import type { RunningJob, RunSpec } from "../run/index.ts";
import { generateJobId } from "../run/index.ts";
import type { Capture } from "../run/jobs/index.ts";
import { openCapture } from "../run/jobs/index.ts";
import { printDryRun } from "./dry-run.ts";
import type { RawRunFlags } from "./full-run-flags.ts";
import { ownDirectories } from "./job-arguments.ts";
import { writeText } from "./output.ts";
import type { ReportSinks } from "./report-sinks.ts";
import { deliverReport } from "./report-sinks.ts";
import type { RunVariant, VaryRun } from "./run-command.ts";
import { readRun, runCommand } from "./run-command.ts";

/** What a run in the background cannot keep, since Corral is gone. @throws CorralError USAGE */
function checkBackground(flags: RawRunFlags): void {
  const kept = { timeout: flags.timeout, "lifetime tied": flags.lifetime === "tied" ? "tied" : undefined };
  const [conflict] = Object.entries(kept).find(([, value]) => value !== undefined) ?? [];
  if (conflict === undefined) return;
  throw new CorralError("USAGE", `--background and --${conflict} exclude each other`, {
    object: "--background",
    fix: "nobody would be there to keep it; leave out one of them",
  });
}

/** Output goes to files that the workload itself writes to: it needs neither Corral nor a pipe. */
function captured(spec: RunSpec): { readonly variant: Omit<RunVariant, "onStart">; readonly capture: Capture } {
  const directories = ownDirectories();
  const jobId = spec.jobId ?? generateJobId(spec.command[0] ?? "");
  const startTime = new Date().toISOString();
  const capture = openCapture(directories, jobId, startTime);
  const stdio = [spec.stdio[0], capture.stdout, capture.stderr] as const;
  const variant = { spec: { ...spec, jobId, stdio }, options: { directories, startTime }, abandon: capture.discard };
  return { variant, capture };
}

const captureOnly: VaryRun = (spec) => {
  const { variant, capture } = captured(spec);
  return {
    ...variant,
    onStart: async () => {
      capture.close();
      return null;
    },
  };
};

/** Leaves a job that has just been started; its id, or the report of the leaving, is all that is printed. */
async function leave(job: RunningJob, sinks: ReportSinks): Promise<number> {
  const report = await job.detach("background");
  if (!sinks.json) writeText(1, `${job.jobId}\n`);
  return deliverReport(report, sinks) ? 0 : exitStatus.corral;
}

const inBackground: VaryRun = (spec, sinks) => {
  const { variant, capture } = captured(spec);
  const nothing = openSync("/dev/null", "r");
  const { stdio } = variant.spec;
  return {
    ...variant,
    spec: { ...variant.spec, stdio: [nothing, stdio[1], stdio[2]], processGroup: "own" },
    onStart: async (job) => {
      closeSync(nothing);
      capture.close();
      return leave(job, sinks);
    },
  };
};

/**
 * `corral run` with every flag. The everyday run does without this file.
 * @returns the exit status
 */
export async function fullRunCommand(flags: RawRunFlags, command: readonly string[]): Promise<number> {
  if (flags.background === true) checkBackground(flags);
  if (flags["dry-run"] === true) {
    const { spec, sinks } = readRun(flags, command);
    return printDryRun(spec, sinks.json);
  }
  if (flags.background !== true) return runCommand(flags, command, flags.capture === true ? captureOnly : null);
  return runCommand(flags, command, inBackground);
}
