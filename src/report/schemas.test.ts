import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const read = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8")) as Schema;

/** Every field below a schema, as `usage.psi.cpu`, with its own schema. */
function fields(schema: Schema, path = ""): [string, Schema][] {
  const inside = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]): [string, Schema][] => {
      const here = path === "" ? name : `${path}.${name}`;
      return [[here, field], ...fields(field, here)];
    }),
    ...inside.flatMap((part) => fields(part, path)),
  ];
}

const isNullable = (schema: Schema): boolean => JSON.stringify(schema.anyOf ?? []).includes('{"type":"null"}');

test.each([
  "fleet-compare",
  "fleet-hosts",
  "fleet-metadata",
  "fleet-results",
  "fleet-status",
  "report",
  "plan",
  "start",
  "watch-config",
  "guard-status",
  "guard-event",
  "session",
  "session-adopt",
  "session-budget",
  "session-report",
  "session-token",
  "tool-log",
  "tool-result",
])("every field of the %s schema says what it is", (name) => {
  expect(fields(read(name)).filter(([, field]) => (field.description ?? "") === "")).toEqual([]);
});

test("every field of a report whose name ends in a unit says the unit in its description", () => {
  const units = { _us: /icroseconds/, _sec: /seconds/i, _bytes: /bytes/i, _ticks: /clock ticks/ };
  const silent = fields(read("report")).filter(([name, { description = "" }]) =>
    Object.entries(units).some(([suffix, unit]) => name.endsWith(suffix) && !unit.test(description)),
  );
  expect(silent).toEqual([]);
});

test("every field of a report that can be null says when", () => {
  const silent = fields(read("report")).filter(
    ([, field]) => isNullable(field) && !(field.description ?? "").includes("null"),
  );
  expect(silent).toEqual([]);
});

test("a report always has every field, and no other", () => {
  const loose = [["", read("report")] as const, ...fields(read("report"))].filter(
    ([, { properties, required = [], additionalProperties }]) =>
      properties !== undefined &&
      (additionalProperties !== false || JSON.stringify(required) !== JSON.stringify(Object.keys(properties))),
  );
  expect(loose).toEqual([]);
});

/** The type of a field as docs/report.md spells it. */
function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  return schema.type === "array" ? `array of ${typeOf(schema.items ?? {})}s` : (schema.type ?? "string");
}

test("docs/report.md lists every field of a report with its type in the schema's words, and no other", () => {
  const page = readFileSync(new URL("../../docs/report.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `([\w.]+)` \| (.+?) \| (.+) \|$/gm)].map((match) => match.slice(1, 4));
  const inSchema = fields(read("report")).map(([name, field]) => [name, typeOf(field), field.description]);
  expect(documented).toEqual(inSchema);
});
