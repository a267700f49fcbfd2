import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adaptiveCommands } from "./adaptive-commands.ts";
import type { FlagDefinition } from "./flag-definition.ts";

const page = readFileSync(new URL("../../docs/policy-adaptive.md", import.meta.url), "utf8");

test.each(adaptiveCommands.map((command) => [command.path.join(" "), command] as const))(
  "docs/policy-adaptive.md has the usage and the flags of corral %s as its help does",
  (name, { usage, flags, path }) => {
    const heading = `## ${(path[1] ?? "").toUpperCase()}\n`;
    const section = (page.split(heading)[1] ?? "").split(/\n## /)[0] ?? "";
    expect(page).toContain(`\n${usage}\n`);
    expect(
      [...section.matchAll(/^\| `(--.+?)` \|/gm)].map((match) => match[1]?.replace("\\|", "|")),
      name,
    ).toEqual(
      Object.entries<FlagDefinition>(flags).map(([flag, { value }]) =>
        value === undefined ? `--${flag}` : `--${flag} ${value}`,
      ),
    );
  },
);
