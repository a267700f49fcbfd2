import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { counterNames } from "../cgroup/cpu/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { schedulerFlags } from "./scheduler-flags.ts";

const page = readFileSync(new URL("../../docs/scheduler.md", import.meta.url), "utf8");

const flags: readonly (readonly [string, FlagDefinition])[] = Object.entries(schedulerFlags);

test("docs/scheduler.md lists every flag under its heading, with value and letter", () => {
  const found = ["Tasks", "Scheduling", "Output"].flatMap((group) => {
    const section = (page.split(`\n### ${group}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";
    return [...section.matchAll(/^\| (`--.+?) \|/gm)].map((match) => `${group} ${match[1]}`);
  });
  const wanted = flags.map(([name, { group, value, short }]) => {
    const long = value === undefined ? `\`--${name}\`` : `\`--${name} ${value}\``;
    return short === undefined ? `${group} ${long}` : `${group} ${long}, \`-${short}\``;
  });
  expect(found.toSorted()).toEqual(wanted.toSorted());
});

test("docs/scheduler.md says what every counter counts", () => {
  const table = (page.split("\n## COUNTERS\n")[1] ?? "").split("\n## ")[0] ?? "";
  const cells = [...table.matchAll(/^\| (`[a-z]+`(?:, `[a-z]+`)*) \|/gm)].map((match) => match[1] ?? "");
  const names = cells.flatMap((cell) => cell.split(", ")).map((name) => name.slice(1, -1));
  expect(names.toSorted()).toEqual([...counterNames].toSorted());
});
