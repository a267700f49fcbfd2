import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CorralError, errnoOf, formatBytes, quote } from "../../report/index.ts";
import type { ScenarioDocument } from "../results/index.ts";
import { parseScenarioDocuments } from "../results/index.ts";

/** No run has as much to say. */
const largestBytes = 256 * 2 ** 20;

/** What begins a document, and what a file of a directory is known by. */
const mark = '"corral.scenario/1"';
const markedWithin = 4096;

const refuse = (path: string, why: string, cause?: unknown): CorralError =>
  new CorralError("CONFIG", `${quote(path, 300)} ${why}`, {
    object: path,
    cause,
    fix: "give files that corral scenario run wrote, or directories of them",
  });

/**
 * Results of runs: of a file those in it; of a directory those of all files in it whose name ends in `.json` and that are
 * results, in the order of their names.
 * @throws CorralError CONFIG when there is none, or a file cannot be read or is damaged
 */
export function readScenarioDocuments(path: string): ScenarioDocument[] {
  if (!isDirectory(path)) return parseScenarioDocuments(readWhole(path), path);
  const documents = readdirSync(path)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => !isDirectory(file))
    .map((file) => ({ file, text: readWhole(file) }))
    .filter(({ text }) => text.slice(0, markedWithin).includes(mark))
    .flatMap(({ file, text }) => parseScenarioDocuments(text, file));
  if (documents.length === 0) throw refuse(path, "has no result of a scenario");
  return documents;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (thrown) {
    throw refuse(path, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
}

function readWhole(path: string): string {
  try {
    const fd = openSync(path, "r");
    try {
      const { size } = fstatSync(fd);
      if (size > largestBytes) throw refuse(path, `is larger than ${formatBytes(largestBytes)}`);
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    throw refuse(path, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
}
