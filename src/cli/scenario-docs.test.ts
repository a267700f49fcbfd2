import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opKinds, workTypeNames } from "../scenario/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { scenarioCommands } from "./scenario-commands.ts";
import { scenarioCheckFlags, scenarioPlanFlags } from "./scenario-flags.ts";

const page = readFileSync(new URL("../../docs/scenario.md", import.meta.url), "utf8");
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n##+ /)[0] ?? "";

test("docs/scenario.md has the usage of every command as its help does", () => {
  for (const { usage } of scenarioCommands) expect(page).toContain(`\n${usage}\n`);
});

test("docs/scenario.md lists every flag and no other, with its value", () => {
  const flags: Readonly<Record<string, FlagDefinition>> = { ...scenarioPlanFlags, ...scenarioCheckFlags };
  expect([...sectionOf("## OPTIONS").matchAll(/^\| `--(.+?)` \|/gm)].map((match) => match[1])).toEqual(
    Object.entries(flags).map(([name, { value }]) => (value === undefined ? name : `${name} ${value}`)),
  );
});

test("docs/scenario.md names every op and every kind of work", () => {
  const named = (text: string): readonly string[] => [...text.matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? "");
  const ops = named(sectionOf("### Ops"));
  expect(opKinds.filter((kind) => !ops.includes(kind))).toEqual([]);
  const words = sectionOf("### Works").split(/[^A-Za-z]+/);
  expect(workTypeNames.filter((name) => !words.includes(name))).toEqual([]);
});
