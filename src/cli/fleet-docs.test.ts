import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fleetFileSchema } from "../fleet/config/index.ts";
import { fleetMetricFamilies } from "../fleet/live/index.ts";
import { loadSchema } from "../fleet/load/index.ts";
import { byWeight, fleetExit } from "../fleet/model/index.ts";
import { resultColumns, seriesColumns } from "../fleet/results/index.ts";
import { thresholdMetrics } from "../fleet/thresholds/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { fleetCommands } from "./fleet-commands.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

const page = readFileSync(new URL("../../docs/fleet-run.md", import.meta.url), "utf8");

/** The text below a heading, up to the next one. */
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";

/** The rows of a section's tables, cell by cell, headings left out. */
const rowsOf = (heading: string): string[][] =>
  [...sectionOf(heading).matchAll(/^\| (.*) \|$/gm)]
    .map((match) => (match[1] ?? "").replaceAll("\\|", "¦").split(/ ?\| ?/))
    .slice(1)
    .filter(([first = ""]) => !first.startsWith("-"));
const namesOf = (heading: string): string[] =>
  rowsOf(heading).flatMap(([first = ""]) => /`([^`]+)`/.exec(first)?.[1] ?? []);

test("docs/fleet-run.md has the usages as the help does", () => {
  const usages = sectionOf("## SYNOPSIS").split("```")[1]?.trim().split("\n");
  expect(usages).toEqual(fleetCommands.map(({ usage }) => usage));
});

test.each(fleetCommands.map((one) => [one.path[1] ?? "", one] as const))(
  "docs/fleet-run.md lists every flag of corral fleet %s, in the order of the help",
  (name, { flags }) => {
    const wanted = Object.entries<FlagDefinition>(flags)
      .filter(([flag]) => !Object.hasOwn(fleetSecurityFlags, flag))
      .map(([flag, { value }]) => `--${flag}${value === undefined ? "" : ` ${value.replaceAll("|", "¦")}`}`);
    expect(namesOf(`### ${name}`)).toEqual(wanted);
  },
);

test("docs/fleet-run.md has every key of the file, of its time limits and of a load", () => {
  const { entries } = fleetFileSchema;
  expect(namesOf("## THE FILE")).toEqual(Object.keys(entries));
  expect(namesOf("### TIMEOUTS")).toEqual(Object.keys(entries.timeouts.wrapped.pipe[0].entries));
  expect(namesOf("### STAGES")).toEqual(Object.keys(entries.stages.wrapped.pipe[0].item.entries));
  expect(namesOf("### LOAD")).toEqual(Object.keys(loadSchema.pipe[0].entries));
});

test("docs/fleet-run.md has every metric of a threshold and every column", () => {
  for (const metric of thresholdMetrics) expect(sectionOf("### THRESHOLDS")).toContain(`\`${metric}\``);
  const results = sectionOf("## RESULTS").replaceAll(/\s+/g, " ");
  expect(results).toContain(resultColumns.join(", "));
  expect(results).toContain(seriesColumns.slice(0, 4).join(", "));
});

test("docs/fleet-run.md tells every metric as it is served", () => {
  const wanted = Object.entries(fleetMetricFamilies).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  expect(rowsOf("## METRICS")).toEqual(wanted);
});

test("docs/fleet-run.md has every outcome with its exit status, the weightiest first", () => {
  const rows = rowsOf("## EXIT STATUS").map(([status, outcome = ""]) => [Number(status), outcome.slice(1, -1)]);
  expect(rows).toEqual(byWeight.map((outcome) => [fleetExit[outcome], outcome]));
});
