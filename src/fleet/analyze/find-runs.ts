import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CorralError, errnoOf, quote } from "../../report/index.ts";

/** What is not there, or is of no run. */
export const refuseRun = (path: string, why: string, cause?: unknown): CorralError =>
  new CorralError("CONFIG", `${quote(path, 300)} ${why}`, {
    object: path,
    cause,
    fix: "give directories that corral fleet run has made, or one that they are in",
  });

/** The text of a file of a run. @throws CorralError CONFIG */
export function readRunFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw refuseRun(path, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
}

const isRun = (directory: string): boolean => existsSync(join(directory, "status.json"));

function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(directory, name))
      .toSorted();
  } catch (thrown) {
    throw refuseRun(directory, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
}

/**
 * The runs that a directory stands for: itself, or those in it, by their names, which begin with when they were.
 * @throws CorralError CONFIG when it is of no run and none is in it
 */
export function findRuns(directory: string): readonly string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw refuseRun(directory, "is no directory");
  if (isRun(directory)) return [directory];
  const runs = subdirectories(directory).filter(isRun);
  if (runs.length > 0) return runs;
  throw refuseRun(directory, "has no status.json, and no directory in it has one: it is of no fleet run");
}
