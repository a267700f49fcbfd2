import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Shape } from "../../../test/shared/schema-keys.ts";
import { inside, keysOf } from "../../../test/shared/schema-keys.ts";
import { matchKeyNames } from "../../kernel/match/index.ts";
import { presetNames } from "../settings/index.ts";
import { watchConfigSchema } from "./config-schema.ts";
import { loadWatchConfig, parseWatchConfig } from "./index.ts";

const pathOf = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const page = readFileSync(pathOf("docs/watch.md"), "utf8");
const example = pathOf("examples/watch.yaml").pathname;

/** The ```yaml blocks of the page. */
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

/** The first and second cells of the table below a heading. */
function rowsBelow(heading: string): readonly (readonly [string, string])[] {
  const section = (page.split(`\n### ${heading}\n`)[1] ?? "").split(/\n##/)[0] ?? "";
  return [...section.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]);
}

const top: Shape = watchConfigSchema;
const rule = inside(top.entries?.["rules"]);

test("docs/watch.md lists every key of the file in the schema's order, and no other", () => {
  const documented = ["The file", "retry", "A rule", "match and except"].map((one) =>
    rowsBelow(one).map(([key]) => key),
  );
  expect(documented).toEqual([
    keysOf(top),
    keysOf(top.entries?.["retry"]),
    keysOf(rule),
    keysOf(rule.entries?.["match"]),
  ]);
  expect(keysOf(rule.entries?.["match"]).toSorted()).toEqual(matchKeyNames.toSorted());
});

test("the defaults of a file take the keys of a rule from limits on", () => {
  const all = keysOf(rule);
  expect(keysOf(top.entries?.["defaults"])).toEqual(all.slice(all.indexOf("limits")));
});

const least = { version: 1, rules: [{ name: "r", match: { comm: "x" } }] };
const configOf = (change: object, ruleChange: object = {}) =>
  parseWatchConfig(JSON.stringify({ ...least, ...change, rules: [{ ...least.rules[0], ...ruleChange }] }), "w.yaml");
const plain = (config: unknown): unknown => JSON.parse(JSON.stringify(config));

test("a default in docs/watch.md is what the code takes when the key is not given", () => {
  const isGiven = ([, standard]: readonly [string, string]): boolean =>
    !["required", "none", "see below"].includes(standard);
  const values = (heading: string): readonly [string, unknown][] =>
    rowsBelow(heading)
      .filter(isGiven)
      .map(([key, standard]) => [key, parse(standard)]);
  const [file, retry, ofRule] = [values("The file"), values("retry"), values("A rule")];
  expect([...file, ...retry, ...ofRule].map(([key]) => key)).toEqual([
    "discovery",
    "scan_interval",
    "attempts",
    "initial",
    "max",
    "preset",
    "strict",
    "sla_eligible",
    "tree",
    "keep_limits",
    "force_move",
  ]);
  for (const [key, value] of file) expect(plain(configOf({ [key]: value }))).toEqual(plain(configOf({})));
  for (const [key, value] of retry) expect(plain(configOf({ retry: { [key]: value } }))).toEqual(plain(configOf({})));
  for (const [key, value] of ofRule) expect(plain(configOf({}, { [key]: value }))).toEqual(plain(configOf({})));
});

test("docs/watch.md names every preset", () => {
  expect(presetNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test.each(blocks.map((text, index) => [index + 1, text] as const))(
  "example %i of docs/watch.md is a valid file",
  (_, text) => {
    expect(parseWatchConfig(text, "docs/watch.md").rules.length).toBeGreaterThan(0);
  },
);

test("docs/watch.md has examples", () => {
  expect(blocks).toHaveLength(3);
});

test("an example of docs/watch.md means what its comments say", () => {
  const { rules } = parseWatchConfig(blocks[1] ?? "", "docs/watch.md");
  expect(
    rules.map(({ limits, attributes }) => [limits.cpuWeight, attributes.nice, limits.pidsMax, limits.cpuMax]),
  ).toEqual([
    [50, 10, 500, { quotaUs: 200_000, periodUs: 100_000 }],
    [50, 10, 500, { quotaUs: 100_000, periodUs: 100_000 }],
  ]);
});

test("the example that is shipped is a valid file", () => {
  const { rules, listen } = loadWatchConfig(example);
  expect([rules.map(({ name }) => name), listen]).toEqual([["encoders", "builds", "batch"], "127.0.0.1:9091"]);
  const manifest = JSON.parse(readFileSync(pathOf("package.json"), "utf8")) as { files: string[] };
  expect(manifest.files).toContain("examples");
});

const validate = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(pathOf("schemas/watch-config.schema.json"), "utf8")) as object,
);

test("the JSON Schema for editors takes every example and refuses what is no key, no value, or missing", () => {
  for (const text of [...blocks, readFileSync(example, "utf8")])
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  const wrong: readonly object[] = [
    { ...least, more: 1 },
    { ...least, version: 2 },
    { ...least, discovery: "bpf" },
    { ...least, retry: { attempts: 0 } },
    { ...least, rules: [] },
    { version: 1, rules: [{ name: "r" }] },
    { version: 1, rules: [{ ...least.rules[0], limits: { cpu_quota: 1 } }] },
    { version: 1, rules: [{ ...least.rules[0], match: { comm: 7 } }] },
  ];
  expect(wrong.filter((one) => validate(one))).toEqual([]);
});
