import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FlagDefinition } from "./flag-definition.ts";
import { policyCommands } from "./policy-commands.ts";

const page = readFileSync(new URL("../../docs/records.md", import.meta.url), "utf8");
const section = (page.split("\n## READING RECORDS AGAIN\n")[1] ?? "").split(/\n## /)[0] ?? "";
const command = policyCommands.find(({ path }) => path[1] === "import");

test("docs/records.md has the usage, the flags and the exit statuses of corral policy import as its help does", () => {
  expect(section).toContain(`\n${command?.usage}\n`);
  expect([...section.matchAll(/^\| `(--.+?)` \|/gm)].map((match) => match[1])).toEqual(
    Object.entries<FlagDefinition>(command?.flags ?? {}).map(([name, { value }]) =>
      value === undefined ? `--${name}` : `--${name} ${value}`,
    ),
  );
  expect(section).toContain(command?.footer.at(-1));
});
