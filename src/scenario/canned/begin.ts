import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, normalize } from "node:path";
import { packageRoot } from "../../kernel/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { Scenario } from "../model/index.ts";
import { cannedPath, readCanned } from "./canned.ts";

interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** Modules that a scenario refers to, as it spells their paths. */
function modulesOf({ steps, expect = [] }: Scenario): readonly string[] {
  const setups = steps.flatMap(({ setup }) => (setup !== undefined && "module" in setup ? [setup.module] : []));
  const checks = expect.flatMap((one) => ("check" in one ? [one.check.module] : []));
  return [...new Set([...setups, ...checks])];
}

/** A scenario that is shipped, with its modules. */
function copyOf(name: string, source: string): readonly NewFile[] {
  const paths = [basename(source), ...modulesOf(readCanned(name).scenario).map((path) => normalize(path))];
  return paths.map((path) => ({ path, text: readFileSync(join(dirname(source), path), "utf8") }));
}

/** What YAML reads as a text without quotes. */
const isWord = (name: string): boolean => /^(?!(?:true|false|null)$)[a-z][a-z0-9-]*$/.test(name);

/** The commented example, under the name of its file where that is one for a scenario. */
function starter(path: string): readonly NewFile[] {
  const text = readFileSync(`${packageRoot()}/examples/scenario.yaml`, "utf8");
  const name = basename(path, extname(path));
  return [{ path, text: isWord(name) ? text.replace(/^name: .*$/m, `name: ${name}`) : text }];
}

const taken = (path: string): CorralError =>
  new CorralError("USAGE", `there is ${quote(path)} already, and nothing is written over it`, {
    object: path,
    fix: "give another name, or move it away",
  });

function write({ path, text }: NewFile): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (cause) {
    if (errnoOf(cause) === "EEXIST") throw taken(path);
    throw new CorralError("REPORT_UNWRITABLE", `cannot write ${quote(path)}: ${errnoOf(cause) ?? "error"}`, {
      object: path,
      cause,
      fix: "choose a file in a directory you can write to",
    });
  }
}

/**
 * Writes a scenario to begin with: that of a name which is shipped, with its modules, to the working directory; else a commented
 * example to the file that is named, which ends in .yaml or .yml.
 * @returns paths of what was written; null: it is neither such a name nor such a file
 * @throws CorralError USAGE when one of them is there already: then nothing is written; REPORT_UNWRITABLE
 */
export function beginFrom(nameOrFile: string): readonly string[] | null {
  const source = cannedPath(nameOrFile);
  if (source === null && !/\.ya?ml$/.test(nameOrFile)) return null;
  const files = source === null ? starter(nameOrFile) : copyOf(nameOrFile, source);
  const there = files.find(({ path }) => existsSync(path));
  if (there !== undefined) throw taken(there.path);
  for (const file of files) write(file);
  return files.map(({ path }) => path);
}
