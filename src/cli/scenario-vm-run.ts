import { delimiter, resolve } from "node:path";
import { runInVm, type VmResult } from "../../vm/index.ts";
import { CorralError } from "../report/index.ts";
import { loadScenario } from "../scenario/index.ts";
import { neededPaths } from "../scenario/rehearse/index.ts";
import type { ScenarioDocument } from "../scenario/results/index.ts";
import { parseScenarioDocuments } from "../scenario/results/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { GuestOutput } from "./guest-output.ts";
import { say, writeText } from "./output.ts";
import type { scenarioRunFlags } from "./scenario-flags.ts";
import { vmMachine } from "./vm-machine.ts";

type Flags = RawFlags<typeof scenarioRunFlags>;

/** The same command line, for the guest: without what is of the host, and with the document on stdout. */
function guestCommand(file: string, { repeat, dilation, quiet }: Flags): readonly string[] {
  return [
    ...[process.execPath, ...process.execArgv, resolve(process.argv[1] ?? ""), "scenario", "run", file, "--json"],
    ...(repeat === undefined ? [] : ["--repeat", repeat]),
    ...(dilation === undefined ? [] : ["--dilation", dilation]),
    ...(quiet === true ? ["--quiet"] : []),
  ];
}

/** Programs are found in the guest where they are here. */
const guestPath = (): string =>
  [process.env["PATH"] ?? "", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    .filter((part) => part !== "")
    .join(delimiter);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** @throws CorralError VM_FAILED when the guest did not come to the end of its command */
function refuseBroken({ failure, timedOut, consoleTail, durationMs }: VmResult): void {
  if (failure === null && !timedOut) return;
  if (failure !== null && consoleTail !== null) writeText(2, `${consoleTail.trimEnd()}\n`);
  throw new CorralError(
    "VM_FAILED",
    timedOut ? `the guest was stopped after ${seconds(durationMs)}, before the run had ended` : (failure ?? ""),
    timedOut ? { fix: "raise --timeout" } : {},
  );
}

/** What a run in a guest left. */
export interface GuestRun {
  readonly documents: readonly ScenarioDocument[];
  /** As of `corral scenario run` in it. */
  readonly status: number;
}

/**
 * Runs the scenario of a file in a guest that sees this host's files.
 * @throws ConfigError for mistakes in the file that need no guest; CorralError USAGE, VM_UNAVAILABLE, VM_FAILED
 */
export async function runScenarioInVm(file: string, flags: Flags): Promise<GuestRun> {
  const visiblePaths = neededPaths(loadScenario(file));
  const quiet = flags.quiet === true;
  const output = new GuestOutput((line) => writeText(2, `${line}\n`));
  const result = await runInVm({
    ...vmMachine(flags),
    command: guestCommand(file, flags),
    visiblePaths,
    env: { PATH: guestPath() },
    // A run that is ended has found something.
    passesSignal: true,
    onOutput: (chunk) => output.add(chunk),
    onProgress: (message) => {
      if (!quiet) say(message);
    },
  });
  const text = output.close();
  refuseBroken(result);
  if (!quiet && result.bootMs !== null)
    say(
      `guest ${result.kernelRelease ?? "of unknown kernel"}: booted in ${seconds(result.bootMs)}, ended after ${seconds(result.durationMs)}`,
    );
  return { documents: text === null ? [] : parseScenarioDocuments(text, file), status: result.exitStatus };
}
