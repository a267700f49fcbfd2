import { existsSync, rmdirSync, rmSync, statSync } from "node:fs";
import { basename } from "node:path";
import { temporariesIn, unlinkIfThere, writerIsGone } from "../../../kernel/files/index.ts";
import { isRunning } from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import { nominalLimits } from "../limits.ts";
import { clearGroups, strayDirectories } from "./clear-groups.ts";
import type { ScenarioRecord } from "./scenario-record.ts";
import { listScenarioRecords, scenariosDirectory } from "./scenario-record.ts";

/** The name of a scenario's own group. */
export const leafOf = (runId: string): string => `corral-scenario-${runId}`;
/** How directories for IO begin. */
export const scratchPrefix = "corral-scenario-io-";

/** What a Corral left behind that died while it ran a scenario. */
export interface LeftScenario {
  /** Its record. */
  readonly path: string;
  /** Ends what is left of its processes, and removes its groups and its record. @throws CORRAL_ERROR CGROUP_IO */
  readonly remove: () => Promise<void>;
}

/** Only a directory that one of ours made is ever removed. */
export function removeScratch(scratch: string | null): void {
  if (scratch === null || !basename(scratch).startsWith(scratchPrefix) || !existsSync(scratch)) return;
  if (statSync(scratch).uid === process.getuid?.()) rmSync(scratch, { recursive: true, force: true });
}

async function clearRun(path: string, record: ScenarioRecord): Promise<void> {
  const left = await clearGroups(record.groups, nominalLimits.clearWaitMs);
  const recorded = new Set(record.groups.map((group) => group.path));
  const planned = record.planned_groups.filter((one) => !recorded.has(one));
  // Nothing can be in what was made and not recorded.
  for (const stray of strayDirectories(planned, leafOf(record.run_id), record.start_time)) rmdirSync(stray);
  if (left.length > 0) {
    throw new CorralError(
      "CGROUP_IO",
      `groups of the scenario ${record.run_id} cannot be removed: ${left.join(", ")}`,
      {
        object: left[0] ?? "",
        fix: "see which processes are in them",
      },
    );
  }
  removeScratch(record.scratch);
  unlinkIfThere(path);
}

/** Scenarios of Corrals that are gone, and records that these had not written to their end. @param runtime `StateDirectories.runtime` */
export function leftScenarios(runtime: string): LeftScenario[] {
  const runs = listScenarioRecords(runtime)
    .filter(({ record }) => !isRunning(record.corral))
    .map(({ path, record }) => ({ path, remove: () => clearRun(path, record) }));
  const unfinished = temporariesIn(scenariosDirectory(runtime))
    .filter(writerIsGone)
    .map((path) => ({ path, remove: async () => unlinkIfThere(path) }));
  return [...runs, ...unfinished];
}
