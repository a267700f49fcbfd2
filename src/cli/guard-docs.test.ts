import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guardConfigSchema, parseGuardConfig } from "../guard/index.ts";
import { guardCommands } from "./guard-commands.ts";

const pathOf = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const page = readFileSync(pathOf("docs/guard.md"), "utf8");

/** The text below a heading, up to the next one. */
const sectionOf = (heading: string): string => (page.split(`\n${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";

const firstCells = (heading: string): string[] =>
  [...sectionOf(heading).matchAll(/^\| (.+?) \|/gm)].map((match) => match[1] ?? "").slice(1);

test("docs/guard.md has the usage of every command, as its help does, and no other", () => {
  const usages = (sectionOf("## SYNOPSIS").match(/^corral .*$/gm) ?? []).toSorted();
  expect(usages).toEqual(guardCommands.map(({ usage }) => usage).toSorted());
});

test.each(["guard", "tool run", "mcp", "guard bench isolation"])(
  "docs/guard.md lists every flag of corral %s in the order of the help",
  (name) => {
    const flags = guardCommands.find(({ path }) => path.join(" ") === name)?.flags ?? {};
    const wanted = Object.entries(flags).map(([flag, { value }]) =>
      value === undefined ? `\`--${flag}\`` : `\`--${flag} ${value}\``,
    );
    expect(firstCells(`### ${name}`)).toEqual(wanted);
  },
);

test("docs/guard.md lists every key of the file in the schema's order", () => {
  const keys = Object.keys((guardConfigSchema as unknown as { readonly entries: object }).entries);
  expect(firstCells("## THE FILE")).toEqual(keys.map((key) => `\`${key}\``));
});

test("docs/guard.md says of every requirement whether it is done, and names tests that exist", () => {
  const rows = [...sectionOf("## REQUIREMENTS").matchAll(/^\| (R\d+) \| (.+?) \| (.*) ?\|$/gm)];
  const numbers = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 32, 33, 34, 35,
  ];
  const ids = [...numbers, 40, 41, 42, 50, 51, 52, 53, 54].map((number) => `R${number}`);
  expect(rows.map(([, id]) => id)).toEqual(ids);
  for (const [, id, state = "", by = ""] of rows) {
    const files = [...by.matchAll(/`((?:src|test)\/[^`]+)`/g)].map((match) => match[1] ?? "");
    expect([id, state === "not yet", files.length === 0]).toEqual([id, state === "not yet", state === "not yet"]);
    for (const file of files) expect(readFileSync(pathOf(file), "utf8")).not.toBe("");
  }
});

test("docs/guard.md says of every attempt between tenants which test tries it, and the tests exist", () => {
  const rows = [
    ...sectionOf("## TWO TENANTS WHO DO NOT TRUST EACH OTHER").matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm),
  ];
  expect(rows.length).toBeGreaterThan(20);
  for (const [, attempt, by = ""] of rows.slice(1)) {
    const files = [...by.matchAll(/`((?:src|test)\/[^`]+)`/g)].map((match) => match[1] ?? "");
    expect([attempt, files.length > 0]).toEqual([attempt, true]);
    for (const file of files) expect(readFileSync(pathOf(file), "utf8")).not.toBe("");
  }
});

test("docs/guard.md names a test for each line of the list of threats, and the tests exist", () => {
  const rows = [
    ...sectionOf("## TWO TENANTS WHO DO NOT TRUST EACH OTHER").matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm),
  ].slice(1);
  expect(rows.length).toBe(11);
  for (const [, line, by = ""] of rows) {
    const files = [...by.matchAll(/`((?:src|test)\/[^`]+)`/g)].map((match) => match[1] ?? "");
    expect([line, files.length > 0]).toEqual([line, true]);
    for (const file of files) expect(readFileSync(pathOf(file), "utf8")).not.toBe("");
  }
});

test("docs/guard.md says where each document's schema is, and it is there", () => {
  const rows = [
    ...sectionOf("## DOCUMENTS").matchAll(/^\| `(corral\.\S+\/1)` \| .* \| \[(\S+)\]\(\.\.\/(\S+)\) \|$/gm),
  ];
  expect(rows.length).toBe(10);
  for (const [, name, label, file = ""] of rows) {
    const { title } = JSON.parse(readFileSync(pathOf(file), "utf8")) as { readonly title: string };
    expect([title.split(": ")[0], `corral.${label}/1`]).toEqual([name, name]);
  }
});

test("the example that is shipped is a valid file", () => {
  const { sessions, tenants, placement } = parseGuardConfig(readFileSync(pathOf("examples/guard.yaml"), "utf8"), "g");
  expect([sessions.map(({ name }) => name), tenants.length, placement.length]).toEqual([
    ["session_high", "session_low", "reviewers", "nightly"],
    1,
    1,
  ]);
});
