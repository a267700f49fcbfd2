import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { attachFlags } from "./attach-flags.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import { limitFlags } from "./limit-flags.ts";
import { updateFlags } from "./update-flags.ts";

const page = readFileSync(new URL("../../docs/attach.md", import.meta.url), "utf8");

/** The flags that the tables of the page name, with their values where they are written. */
const documented = [...page.matchAll(/^\| (`--.*?) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`--([a-z-]+)(?: ([^`]+))?`/g)].map(([, name = "", value]) => [name, value ?? null] as const),
);

const own: readonly (readonly [string, FlagDefinition])[] = Object.entries(attachFlags).filter(
  ([name]) => !Object.hasOwn(limitFlags, name),
);

test("docs/attach.md lists every flag of attach that is not a limit, and no other", () => {
  expect(documented.map(([name]) => name).sort()).toEqual(own.map(([name]) => name).sort());
});

test("docs/attach.md writes values as the help does", () => {
  const values = new Map(own.map(([name, { value }]) => [name, value ?? null]));
  const written = documented.filter(([, value]) => value !== null);
  expect(written.length).toBeGreaterThan(4);
  for (const [name, value] of written) expect([name, value]).toEqual([name, values.get(name)]);
});

test("attach and update take every limit that run takes", () => {
  for (const flags of [attachFlags, updateFlags]) expect(flags).toMatchObject(limitFlags);
});
