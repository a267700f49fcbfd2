import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const source = readFileSync("src/run/library/job.ts", "utf8");
const page = readFileSync("docs/library.md", "utf8");

/** Names in the first column of the table below a heading, without arguments. */
function tableBelow(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const cells = section.split("\n").flatMap((line) => /^\| (`.+?) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`(]+)[^`]*`/g)].map(([, name = ""]) => name));
}

test("the table of a job's members in docs/library.md has every member of Job, and no other", () => {
  const members = [...source.matchAll(/^ {2}(?:readonly )?(\[[\w.]+\]|\w+)[(:]/gm)].map(([, name = ""]) => name);
  expect(members.length).toBeGreaterThan(10);
  expect(tableBelow("A job").toSorted()).toEqual(members.toSorted());
});
