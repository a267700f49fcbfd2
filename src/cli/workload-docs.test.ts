import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isMemoryProgram, programNames } from "../policy/workload/settings/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { workloadCommands } from "./workload-commands.ts";

const page = readFileSync(new URL("../../docs/workload.md", import.meta.url), "utf8");

/** The rows of the table below a heading. */
const rowsOf = (heading: string): string[] =>
  ((page.split(`\n### ${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "").match(/^\| `--.+ \|$/gm) ?? [];

const rowOf = ([name, { value, brief }]: readonly [string, FlagDefinition]): string =>
  `| \`--${name}${value === undefined ? "" : ` ${value}`}\` | ${brief} |`;

test.each(programNames)("docs/workload.md has every flag of %s with the words of its help, and no other", (name) => {
  const command = workloadCommands.find(({ path }) => path[1] === name);
  const shared = [...rowsOf("Every workload"), ...(isMemoryProgram(name) ? rowsOf("Those with memory") : [])];
  const documented = [...shared, ...rowsOf(name)].toSorted();
  expect(documented).toEqual(
    Object.entries(command?.flags ?? {})
      .map(rowOf)
      .toSorted(),
  );
});

test("docs/workload.md has the flags of the matrix, and the usage of all", () => {
  expect(rowsOf("matrix")).toEqual(Object.entries(workloadCommands.at(-1)?.flags ?? {}).map(rowOf));
  const synopsis = (page.split("\n## SYNOPSIS\n")[1] ?? "").split("\n## ")[0] ?? "";
  expect(synopsis.match(/^corral .*$/gm)).toEqual(workloadCommands.map(({ usage }) => usage));
});
