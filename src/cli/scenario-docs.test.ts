import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cannedNames, readCanned } from "../scenario/canned/index.ts";
import { opKinds, workTypeNames } from "../scenario/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { scenarioCommands } from "./scenario-commands.ts";
import { scenarioCheckFlags, scenarioPlanFlags, scenarioRunFlags } from "./scenario-flags.ts";
import { scenarioLibraryCommands } from "./scenario-library-commands.ts";

const page = readFileSync(new URL("../../docs/scenario.md", import.meta.url), "utf8");
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n##+ /)[0] ?? "";

test("docs/scenario.md has the usage of every command as its help does", () => {
  for (const { usage } of [...scenarioCommands, ...scenarioLibraryCommands]) expect(page).toContain(`\n${usage}\n`);
});

test("docs/scenario.md lists every flag and no other, with its value", () => {
  const [settle = "", run = ""] = sectionOf("## OPTIONS").split("Of `run`");
  const documented = (text: string): readonly string[] =>
    [...text.matchAll(/^\| (`--.+?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`--(.+?)`/g)].map((match) => match[1] ?? ""),
    );
  const defined = (flags: Readonly<Record<string, FlagDefinition>>): readonly string[] =>
    Object.entries(flags).map(([name, { value }]) => (value === undefined ? name : `${name} ${value}`));
  expect(documented(settle)).toEqual(defined({ ...scenarioPlanFlags, ...scenarioCheckFlags }));
  expect(documented(run)).toEqual(defined(scenarioRunFlags));
});

test("docs/scenario.md has the title of every scenario that is shipped, and how its twin fails", () => {
  const rows = [...sectionOf("## SHIPPED SCENARIOS").matchAll(/^\| (`.*) \|$/gm)].map((match) => match[1]);
  const kindOf = (name: string): string =>
    /Fails with: (\w+)/.exec(readFileSync(`scenarios/broken/${name}.yaml`, "utf8"))?.[1] ?? "";
  expect(rows).toEqual(cannedNames().map((name) => `\`${name}\` | ${readCanned(name).title} | \`${kindOf(name)}\``));
});

test("docs/scenario.md names every op and every kind of work", () => {
  const named = (text: string): readonly string[] => [...text.matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? "");
  const ops = named(sectionOf("### Ops"));
  expect(opKinds.filter((kind) => !ops.includes(kind))).toEqual([]);
  const words = sectionOf("### Works").split(/[^A-Za-z]+/);
  expect(workTypeNames.filter((name) => !words.includes(name))).toEqual([]);
});
