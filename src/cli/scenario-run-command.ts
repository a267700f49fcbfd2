import { ConfigError } from "../report/config/index.ts";
import { CorralError, counted, exitStatus, parseNumberIn } from "../report/index.ts";
import { wholeNumber } from "../run/settings/index.ts";
import { foldOutcomes, verdictExitStatus } from "../scenario/checks/index.ts";
import type { RunEvent } from "../scenario/execute/index.ts";
import { loadScenarioFor } from "../scenario/plan/index.ts";
import { failureText } from "../scenario/record/index.ts";
import type { Rehearsal, RehearseOptions } from "../scenario/rehearse/index.ts";
import { documentOf, rehearseFile } from "../scenario/rehearse/index.ts";
import type { ScenarioDocument } from "../scenario/results/index.ts";
import { noHoldText } from "../scenario/results/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { ownDirectories } from "./job-arguments.ts";
import { say, writeText } from "./output.ts";
import { checkReportPath } from "./report-file.ts";
import { fileOf } from "./scenario-file.ts";
import type { scenarioRunFlags } from "./scenario-flags.ts";
import { judgePlace } from "./scenario-place.ts";
import { writeScenarioReports } from "./scenario-run-reports.ts";

type Flags = RawFlags<typeof scenarioRunFlags>;

const holdText = ({ holdMs, wantedHoldMs }: Extract<RunEvent, { readonly kind: "step_start" }>): string =>
  holdMs === 0 && wantedHoldMs > 0 ? noHoldText(wantedHoldMs) : `for ${Math.round(holdMs)} ms`;

/** One line for people about what goes on; null for what the report tells. */
export function eventLine(event: RunEvent): string | null {
  switch (event.kind) {
    case "scenario_start":
      return `${event.name}: ${counted(event.steps, "step")}`;
    case "step_start":
      return `${event.label}: ${counted(event.groups, "group")}, ${counted(event.workers, "worker")}, ${holdText(event)}`;
    case "warning":
      return `WARNING: ${event.message}`;
    case "failure":
      return failureText(event.failure);
    case "ended":
      return `${event.process.name} has ended: ${event.process.reason || event.process.how}`;
    case "stalled":
      return `worker ${event.worker.pid} in ${event.worker.cgroup || "the runner"} gets no further`;
    default:
      return null;
  }
}

/** Told at the first signal, for after the second nobody is there to tell it. */
const endingText =
  "ending: everything is taken down and reported; a second signal ends Corral at once, and corral gc removes what that leaves";

/** The first of these signals ends the run in good order; what is known is kept. A second one ends Corral at once. */
function endOnSignals(onFirst: () => void): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const over = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const dispose = (): void => {
    for (const name of signals) process.off(name, end);
  };
  const end = (): void => {
    dispose();
    onFirst();
    over.abort();
  };
  for (const name of signals) process.on(name, end);
  return { signal: over.signal, dispose };
}

const pid = wholeNumber(1, 4_194_304);
const repeats = wholeNumber(1, 1000);
const factor = (text: string): number => parseNumberIn(text, 1, 1000, { integer: false });

async function rehearseNamed(
  file: string,
  flags: Flags,
  parts: Pick<RehearseOptions, "signal" | "onResult">,
): Promise<void> {
  const tell = (event: RunEvent): void => {
    const line = flags.quiet === true ? null : eventLine(event);
    if (line !== null) say(line);
  };
  await rehearseFile(await loadScenarioFor(file), {
    runtime: ownDirectories().runtime,
    cgroupParent: flags["cgroup-parent"] ?? (process.env["CORRAL_CGROUP_PARENT"] || null),
    where: process.env["CORRAL_VM"] === "1" ? "vm" : "host",
    ...(flags.dilation === undefined ? {} : { dilation: flagValue("dilation", flags.dilation, factor) }),
    supervise: (flags.supervise ?? []).map((text) => flagValue("supervise", text, pid)),
    repeats: flags.repeat === undefined ? 1 : flagValue("repeat", flags.repeat, repeats),
    ...parts,
    onEvent: tell,
  });
}

async function runHere(file: string, flags: Flags): Promise<number> {
  const ending = endOnSignals(() => {
    if (flags.quiet !== true) say(endingText);
  });
  const documents: ScenarioDocument[] = [];
  try {
    try {
      const onResult = (rehearsal: Rehearsal): void => void documents.push(documentOf(rehearsal));
      await rehearseNamed(file, flags, { signal: ending.signal, onResult });
    } finally {
      // Also of those before one that could not begin.
      if (documents.length > 0) writeScenarioReports(documents, flags);
    }
    return verdictExitStatus[foldOutcomes(documents.map(({ verdict }) => verdict))];
  } finally {
    ending.dispose();
  }
}

async function runInGuest(file: string, flags: Flags): Promise<number> {
  const { runScenarioInVm } = await import("./scenario-vm-run.ts");
  const { documents, status } = await runScenarioInVm(file, flags);
  if (documents.length > 0) writeScenarioReports(documents, flags);
  return status;
}

/**
 * `corral scenario run FILE`: runs a scenario on this host, or in a guest, and judges it.
 * @returns 0 passed or skipped, 1 failed, 2 inconclusive or mistakes in the file
 * @throws CorralError USAGE, REPORT_UNWRITABLE; what ends a run before it has begun, with 125
 */
export async function scenarioRunCommand(flags: Flags, args: readonly string[]): Promise<number> {
  const file = fileOf("run", args);
  for (const path of [flags.report, flags.html, flags.junit]) if (path !== undefined) checkReportPath(path);
  judgePlace(flags);
  try {
    return await (flags.vm === true ? runInGuest(file, flags) : runHere(file, flags));
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw CorralError.from(thrown);
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}
