import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jobStates } from "../run/jobs/index.ts";
import { jobCommands } from "./job-commands.ts";

const page = readFileSync(new URL("../../docs/jobs.md", import.meta.url), "utf8");

/** The text below a heading, up to the next one. */
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";

/** The first cells of a section's table. */
const firstCells = (heading: string): string[] =>
  [...sectionOf(heading).matchAll(/^\| (.+?) \|/gm)].map((match) => match[1] ?? "").slice(1);

test("docs/jobs.md has the usage of every job verb, as its help does, and no other", () => {
  const usages = (sectionOf("## SYNOPSIS").match(/^corral .*$/gm) ?? []).toSorted();
  expect(usages).toEqual(jobCommands.map(({ usage }) => usage).toSorted());
});

test("docs/jobs.md explains every state of a job", () => {
  expect(firstCells("## STATES")).toEqual(jobStates.map((state) => `\`${state}\``));
});

test.each(
  jobCommands.filter(({ flags }) => Object.keys(flags).length > 0).map((one) => [one.path.join(" "), one] as const),
)("docs/jobs.md lists every flag of corral %s with its value, in the order of the help", (name, { flags }) => {
  const wanted = Object.entries(flags).map(([flag, { value }]) =>
    value === undefined ? `\`--${flag}\`` : `\`--${flag} ${value}\``,
  );
  expect(firstCells(`### ${name}`)).toEqual(wanted);
});
