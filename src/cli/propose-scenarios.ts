/** What completion proposes where a scenario is wanted. Loaded when a shell asks. */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { cannedNames } from "../scenario/canned/index.ts";

/** Names of scenarios that are shipped. */
export const proposeShipped = (partial: string): readonly string[] =>
  cannedNames().filter((name) => name.startsWith(partial));

/** Files that may be scenarios, and directories on the way to them. */
function proposeFiles(partial: string): readonly string[] {
  const before = partial.slice(0, partial.lastIndexOf("/") + 1);
  try {
    return readdirSync(before === "" ? "." : dirname(`${before}.`), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => `${before}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .filter((path) => path.startsWith(partial) && !path.slice(before.length).startsWith("."));
  } catch {
    return [];
  }
}

/** Files first: they are what a name stands for when both are there. */
export const proposeScenarios = (partial: string): readonly string[] => [
  ...proposeFiles(partial),
  ...proposeShipped(partial),
];
