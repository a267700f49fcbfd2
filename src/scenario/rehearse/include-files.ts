import { existsSync, statSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import { CorralError, quote } from "../../report/index.ts";
import type { Payload, Scenario } from "../model/index.ts";
import type { ResolvedScenario } from "../resolve/index.ts";

/** A file that a payload needs, found. */
interface IncludedFile {
  readonly payload: string;
  readonly path: string;
}

/** A bare name is looked for beside the scenario and then in PATH; anything else is a path that counts from there. */
function findOne(name: string, directory: string, path: string): string | null {
  const folders = name.includes("/") ? [directory] : [directory, ...path.split(delimiter).filter((one) => one !== "")];
  return folders.map((folder) => resolve(folder, name)).find((one) => existsSync(one)) ?? null;
}

function findAllOf({ name, includeFiles = [] }: Payload, directory: string, path: string): readonly IncludedFile[] {
  return includeFiles.map((file) => {
    const found = findOne(file, directory, path);
    if (found !== null) return { payload: name, path: found };
    throw new CorralError("CONFIG", `the file ${quote(file)} that payload ${quote(name)} includes is not there`, {
      object: file,
      found: file.includes("/") ? resolve(directory, file) : `neither in ${directory} nor in PATH`,
      fix: "correct include_files: paths count from the scenario's file",
    });
  });
}

/**
 * Files and directories that payloads of a scenario include.
 * @param directory that paths count from
 * @throws CorralError CONFIG for one that is not there
 */
export const findIncludedFiles = (
  { payloads = [] }: Scenario,
  directory: string,
  path: string = process.env["PATH"] ?? "",
): readonly IncludedFile[] => payloads.flatMap((payload) => findAllOf(payload, directory, path));

const folderOf = (path: string): string => (statSync(path).isDirectory() ? path : dirname(path));

/** The same plan, where each payload finds the files that it includes in its PATH, before anything else. */
export function withIncludedFiles(
  plan: ResolvedScenario,
  files: readonly IncludedFile[],
  inherited: string = process.env["PATH"] ?? "",
): ResolvedScenario {
  const payloads = plan.payloads.map((payload) => {
    const folders = new Set(files.filter((file) => file.payload === payload.name).map(({ path }) => folderOf(path)));
    if (folders.size === 0) return payload;
    const path = [...folders, payload.env["PATH"] ?? inherited].join(delimiter);
    return { ...payload, env: { ...payload.env, PATH: path } };
  });
  return { ...plan, payloads };
}
