import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { outcomes, verdictExitStatus } from "../scenario/checks/index.ts";
import { scenarioSchema } from "../scenario/file/index.ts";
import { runMetrics } from "../scenario/metrics/index.ts";
import { patternWords } from "../scenario/model/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { scenarioResultCommands } from "./scenario-result-commands.ts";

const page = readFileSync(new URL("../../docs/scenario-results.md", import.meta.url), "utf8");

/** The text below a heading, up to the next one. */
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";

/** The rows of a section's tables, cell by cell, headings left out. */
const rowsOf = (heading: string): string[][] =>
  [...sectionOf(heading).matchAll(/^\| (.*) \|$/gm)]
    .map((match) => (match[1] ?? "").split(" | "))
    .filter(([first = ""]) => first.startsWith("`"));

const keysOf = (schema: unknown): string[] => Object.keys((schema as { readonly entries: object }).entries);

test("docs/scenario-results.md has the usages and exit statuses as the help does", () => {
  const usages = sectionOf("## SYNOPSIS").match(/^corral .*$/gm) ?? [];
  expect(usages).toEqual(scenarioResultCommands.map(({ usage }) => usage));
  for (const { footer } of scenarioResultCommands) expect(page).toContain(footer.at(-1));
});

test.each(scenarioResultCommands.map((one) => [one.path[1] ?? "", one] as const))(
  "docs/scenario-results.md lists every flag of corral scenario %s, in the order of the help",
  (name, { flags }) => {
    const wanted = Object.entries<FlagDefinition>(flags).map(([flag, { value }]) =>
      value === undefined ? `\`--${flag}\`` : `\`--${flag} ${value}\``,
    );
    expect(rowsOf(`### ${name}`).map(([first]) => first)).toEqual(wanted);
  },
);

test("docs/scenario-results.md explains every check, in the order of the schema's monitor and worker checks", () => {
  const { checks } = scenarioSchema.entries;
  const documented = rowsOf("## CHECKS").map(([first = ""]) => first.slice(1, -1));
  expect(documented.toSorted()).toEqual(keysOf(checks.wrapped).toSorted());
});

test("docs/scenario-results.md has every outcome with its exit status", () => {
  const rows = rowsOf("## OUTCOMES").map(([name = "", , status]) => [name.slice(1, -1), Number(status)]);
  expect(Object.fromEntries(rows)).toEqual(verdictExitStatus);
  expect(rows).toHaveLength(outcomes.length);
});

test("docs/scenario-results.md has every pattern", () => {
  const names = rowsOf("## EXPECTATIONS").map(([first = ""]) => first.slice(1, -1));
  expect(names).toEqual(expect.arrayContaining([...patternWords, "figure", "series", "phases", "check"]));
});

test("docs/scenario-results.md has every metric with its direction and its gates", () => {
  const wanted = Object.entries(runMetrics).map(([name, { polarity, leastChange, leastShare, unit }]) => [
    `\`${name}\``,
    polarity === "higher_better" ? "high" : "low",
    `${leastChange} ${unit}`.trim(),
    `${Math.round(leastShare * 100)} %`,
  ]);
  expect(rowsOf("## METRICS")).toEqual(wanted);
});
