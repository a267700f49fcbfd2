import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EventsDocument } from "../events/index.ts";
import { eventsFlags } from "./events-flags.ts";
import type { FlagDefinition } from "./flag-definition.ts";

const page = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");

const flags: readonly (readonly [string, FlagDefinition])[] = Object.entries(eventsFlags);

/** The text below a heading of the third order. */
const sectionOf = (heading: string): string => (page.split(`\n### ${heading}\n`)[1] ?? "").split(/\n#{2,3} /)[0] ?? "";

test.each([...new Set(flags.map(([, { group }]) => group))])(
  "docs/events.md lists the flags under %s as the help does, with their values and letters",
  (group) => {
    const wanted = flags
      .filter(([, flag]) => flag.group === group)
      .map(([name, { value, short }]) => {
        const long = value === undefined ? `\`--${name}\`` : `\`--${name} ${value}\``;
        return short === undefined ? long : `${long}, \`-${short}\``;
      });
    const cells = [...sectionOf(group).matchAll(/^\| (`--.+?) \|/gm)].map((match) => match[1] ?? "");
    expect(cells.toSorted()).toEqual(wanted.toSorted());
  },
);

test("docs/events.md explains every kind of line", () => {
  const kinds: Readonly<Record<Exclude<EventsDocument["event"], "START">, true>> = {
    FORK: true,
    EXEC: true,
    EXIT: true,
    FILE_OPEN: true,
    BASH_READLINE: true,
    RATE_LIMIT: true,
    LOST: true,
  };
  const lines = (page.split("\n## LINES\n")[1] ?? "").split("\n### ")[0] ?? "";
  expect([...lines.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1])).toEqual(Object.keys(kinds));
});
