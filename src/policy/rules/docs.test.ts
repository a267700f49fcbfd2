import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Shape } from "../../../test/shared/schema-keys.ts";
import { inside, keysOf } from "../../../test/shared/schema-keys.ts";
import { outcomes } from "../model/index.ts";
import { loadPolicyRules, policyRulesSchema } from "./index.ts";

const pathOf = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const page = readFileSync(pathOf("docs/policy.md"), "utf8");
const example = pathOf("examples/policy.yaml").pathname;

/** The first cells of the table below a heading. */
function keysBelow(heading: string): readonly string[] {
  const section = (page.split(new RegExp(`\n##?#? ${heading}\n`))[1] ?? "").split(/\n##/)[0] ?? "";
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? "");
}

const top: Shape = policyRulesSchema;
const rule = inside(top.entries?.["rules"]);
const action = keysOf(rule.entries?.["do"]);

test.each([
  ["The file", keysOf(top)],
  ["A rule", keysOf(rule)],
  ["select", keysOf(rule.entries?.["select"])],
  ["when", keysOf(rule.entries?.["when"])],
  ["do", action.slice(0, action.indexOf("params"))],
  ["verify", keysOf(rule.entries?.["verify"])],
  ["limits", keysOf(rule.entries?.["limits"])],
  ["OUTCOMES", Object.keys(outcomes)],
])("docs/policy.md lists under %s every key in the schema's order, and no other", (heading, keys) => {
  expect(keys.length).toBeGreaterThan(0);
  expect(keysBelow(heading)).toEqual(keys);
});

test("docs/policy.md names what goes with an action", () => {
  for (const companion of action.slice(action.indexOf("params"))) expect(page).toContain(`\`${companion}`);
});

test("docs/policy.md says of each outcome what the code says", () => {
  for (const [outcome, meaning] of Object.entries(outcomes)) expect(page).toContain(`| \`${outcome}\` | ${meaning} |`);
});

test("examples/policy.yaml is a sound file of rules, and its schema for editors agrees", () => {
  expect(loadPolicyRules(example).map(({ name }) => name)).toEqual(["settle", "idle", "near-high", "page-out", "tell"]);
  const schema = JSON.parse(readFileSync(pathOf("schemas/policy-rules.schema.json"), "utf8")) as object;
  const validate = new Ajv({ strict: false }).compile(schema);
  expect([validate(parse(readFileSync(example, "utf8"))), validate.errors]).toEqual([true, null]);
  expect(validate({ version: 1, rules: [{ name: "x", when: { exec: { aftr: 3 } }, do: {} }] })).toBe(false);
});
