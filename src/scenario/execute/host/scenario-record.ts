import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GroupDirectory } from "../../../cgroup/index.ts";
import { createFile, ensureDirectory, replaceFile, unlinkIfThere } from "../../../kernel/files/index.ts";
import type { ProcessIdentity } from "../../../kernel/index.ts";
import { identityOf } from "../../../kernel/index.ts";
import { CorralError, errnoOf } from "../../../report/index.ts";

/** What another Corral needs in order to clear up after this one, `corral.scenario-start/1`. Replaced by rename, removed last. */
export interface ScenarioRecord {
  readonly schema: "corral.scenario-start/1";
  readonly run_id: string;
  readonly corral: ProcessIdentity;
  /** RFC 3339. */
  readonly start_time: string;
  /** Directories that are about to be made. */
  readonly planned_groups: readonly string[];
  /** The scenario's own group, one directory per hierarchy; all below is the scenario's. */
  readonly groups: readonly GroupDirectory[];
  /** Directory for IO of workers; null: none. */
  readonly scratch: string | null;
}

export const scenariosDirectory = (runtime: string): string => join(runtime, "scenarios");

/** `20260131T235959Z`. */
export const stamp = (time: string): string => `${time.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

/** The record of one run, as it grows. */
export class ScenarioMark {
  readonly path: string;
  #record: ScenarioRecord;

  private constructor(path: string, record: ScenarioRecord) {
    this.path = path;
    this.#record = record;
  }

  /**
   * Takes the next free id of this second.
   * @throws CorralError STATE_UNWRITABLE: without a record nobody could clear up
   */
  static claim(runtime: string, time: string): ScenarioMark {
    const directory = scenariosDirectory(runtime);
    const corral = identityOf(process.pid);
    if (corral === null) throw new CorralError("INTERNAL", "this process cannot be found in /proc");
    const rest = { corral, start_time: time, planned_groups: [], groups: [], scratch: null };
    try {
      ensureDirectory(directory);
      for (let number = 1; ; number += 1) {
        const record: ScenarioRecord = {
          schema: "corral.scenario-start/1",
          run_id: `${stamp(time)}-${number}`,
          ...rest,
        };
        const path = join(directory, `${record.run_id}.json`);
        if (claims(path, record)) return new ScenarioMark(path, record);
      }
    } catch (cause) {
      throw new CorralError("STATE_UNWRITABLE", `cannot write a record to ${directory}: ${errnoOf(cause) ?? "error"}`, {
        object: directory,
        cause,
      });
    }
  }

  get record(): ScenarioRecord {
    return this.#record;
  }

  change(changes: Partial<Pick<ScenarioRecord, "planned_groups" | "groups" | "scratch">>): void {
    this.#record = { ...this.#record, ...changes };
    replaceFile(this.path, json(this.#record));
  }

  /** Nothing of the run is left. */
  forget(): void {
    unlinkIfThere(this.path);
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function claims(path: string, record: ScenarioRecord): boolean {
  try {
    createFile(path, json(record));
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

/** Records of all runs, live or left behind; what is none is passed over. */
export function listScenarioRecords(runtime: string): { readonly path: string; readonly record: ScenarioRecord }[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync(scenariosDirectory(runtime)).filter((name) => name.endsWith(".json"));
  } catch {
    // No directory: no scenario was ever run.
  }
  return names.flatMap((name) => {
    const path = join(scenariosDirectory(runtime), name);
    try {
      const record = JSON.parse(readFileSync(path, "utf8")) as ScenarioRecord;
      return record.schema === "corral.scenario-start/1" && Array.isArray(record.groups) ? [{ path, record }] : [];
    } catch {
      return [];
    }
  });
}
