import { formatSeconds } from "../report/index.ts";
import { cannedNames, readCanned, toCannedListDocument } from "../scenario/canned/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import type { scenarioListFlags } from "./scenario-flags.ts";
import { needsText } from "./scenario-plan-text.ts";

type Canned = ReturnType<typeof readCanned>;

function entryText({ name, title, proves, durationMs, needs }: Canned): string {
  const needed = needsText(needs);
  const last = `${formatSeconds(durationMs / 1000)} of holds${needed === "" ? "" : `; needs ${needed}`}`;
  return [`${name}: ${title}`, ...(proves === "" ? [] : [`  ${proves}`]), `  ${last}`, ""].join("\n");
}

/**
 * `corral scenario list`: the scenarios that are shipped.
 * @returns 0
 */
export async function scenarioListCommand(flags: RawFlags<typeof scenarioListFlags>): Promise<number> {
  const all = cannedNames().map((name) => readCanned(name));
  writeText(
    1,
    flags.json === true ? `${JSON.stringify(toCannedListDocument(all), null, 2)}\n` : all.map(entryText).join("\n"),
  );
  return 0;
}
