import { signalNumber } from "../kernel/index.ts";
import type { ResultField } from "../policy/workload/index.ts";
import {
  arenaDocument,
  forkFields,
  memoryFields,
  runForks,
  runMemory,
  toJson,
  toText,
} from "../policy/workload/index.ts";
import type { ProgramName, RawSettings } from "../policy/workload/settings/index.ts";
import { readSettings } from "../policy/workload/settings/index.ts";
import { ignoreUserSignals } from "./deaf-signals.ts";
import { writeText } from "./output.ts";
import { checkReportPath, writeReportFile } from "./report-file.ts";
import { stopOnSignals } from "./stop-signals.ts";

/** @returns what is told, and the signal that ended it */
async function run(program: ProgramName, raw: RawSettings): Promise<readonly [readonly ResultField[], string | null]> {
  const settings = readSettings(program, raw);
  const stop = stopOnSignals();
  if (!("compressPolicy" in settings)) {
    const ran = await runForks(settings, stop);
    return [forkFields(ran), ran.stoppedBy];
  }
  const statsPath = settings.arena?.statsPath ?? null;
  if (statsPath !== null) checkReportPath(statsPath);
  const ran = await runMemory(settings, stop);
  if (statsPath !== null && ran.arenaStats !== null) {
    const text = `${JSON.stringify(arenaDocument(settings.program, ran.arenaStats), null, 2)}\n`;
    writeReportFile(statsPath, text, { what: "the statistics of the arena", mode: null });
  }
  return [memoryFields(ran), ran.stoppedBy];
}

/**
 * `corral workload NAME`: runs a workload and tells what it did.
 * @returns 0, or 128+n when signal n ended it
 * @throws CorralError USAGE, ARENA_MEMORY, NATIVE_MISSING, START_FAILED, REPORT_UNWRITABLE
 */
export async function workloadCommand(program: ProgramName, raw: RawSettings): Promise<number> {
  // The original controller asks by USR1, which in Node opens the debugger.
  ignoreUserSignals();
  const [fields, stoppedBy] = await run(program, raw);
  writeText(1, raw["json"] === true ? toJson(fields) : toText(fields));
  return stoppedBy === null ? 0 : 128 + (signalNumber(stoppedBy) ?? 0);
}
