import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { CorralError } from "../../report/index.ts";
import { ResultsDirectory } from "./results-directory.ts";

const scratch = mkdtempSync(join(tmpdir(), "corral-results-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const now = new Date(2026, 10, 29, 8, 5, 9);

test("two runs of one second have two directories", () => {
  const parent = join(scratch, "made", "for", "them");
  const paths = [1, 2, 3].map(() => ResultsDirectory.create(parent, "a b/c", now).path);
  const names = ["", "-2", "-3"].map((twin) => `corral-fleet-20261129-080509-a-b-c${twin}`);
  expect(paths).toEqual(names.map((name) => join(parent, name)));
  expect(readdirSync(parent).toSorted()).toEqual(names);
  expect(statSync(paths[0] ?? "").mode & 0o7777).toBe(0o750);
});

test("files grow in the order in which text was added, and whole ones are replaced", async () => {
  const directory = ResultsDirectory.create(scratch, "grow", now);
  directory.append("agents/a/log", "1\n");
  directory.append("agents/a/log", "2\n");
  void directory.write("status.json", "first");
  void directory.flush();
  directory.append("agents/a/log", "3\n");
  void directory.writeJson("status.json", { second: true });
  await directory.end();
  expect(readFileSync(join(directory.path, "agents/a/log"), "utf8")).toBe("1\n2\n3\n");
  expect(readFileSync(join(directory.path, "status.json"), "utf8")).toBe('{\n  "second": true\n}\n');
  expect(readdirSync(directory.path).toSorted()).toEqual(["agents", "status.json"]);
});

test("of many files each has its turn, those first that have waited longest", async () => {
  const directory = ResultsDirectory.create(scratch, "turns", now);
  const there = (): string[] => readdirSync(directory.path).toSorted();
  for (const name of ["a", "b", "c"]) directory.append(name, "1\n");
  await directory.flush(2);
  expect(there()).toEqual(["a", "b"]);
  directory.append("a", "2\n");
  await directory.flush(1);
  expect([there(), readFileSync(join(directory.path, "a"), "utf8")]).toEqual([["a", "b", "c"], "1\n"]);
  await directory.end();
  expect(readFileSync(join(directory.path, "a"), "utf8")).toBe("1\n2\n");
});

test("what cannot be written is told at the end, and the rest is written", async () => {
  const directory = ResultsDirectory.create(scratch, "broken", now);
  writeFileSync(join(directory.path, "agents"), "in the way");
  void directory.write("agents/a/results.tsv", "x");
  void directory.write("STATUS.txt", "y");
  const failure = await directory.end().then(
    () => null,
    (thrown: unknown) => thrown as CorralError,
  );
  expect([failure?.code, failure?.message]).toEqual([
    "REPORT_UNWRITABLE",
    `cannot write results to ${JSON.stringify(directory.path)}: ENOTDIR`,
  ]);
  expect(readFileSync(join(directory.path, "STATUS.txt"), "utf8")).toBe("y");
});

test("without a place for a directory nothing is begun", () => {
  const file = join(scratch, "file");
  writeFileSync(file, "");
  expect(() => ResultsDirectory.create(join(file, "below"), "run", now)).toThrow(
    /^cannot write results to .*: ENOTDIR$/,
  );
});
