import { existsSync, readdirSync } from "node:fs";
import { packageRoot } from "../../kernel/index.ts";
import { isPlainName } from "../../report/index.ts";
import { durationOf, loadScenario } from "../file/index.ts";
import type { Needs, Scenario } from "../model/index.ts";

const extension = ".yaml";

/** Where they lie. */
export const cannedDirectory = (): string => `${packageRoot()}/scenarios`;

/** Names of all scenarios that are shipped, in order. */
export const cannedNames = (): readonly string[] =>
  readdirSync(cannedDirectory())
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .toSorted();

/** The file of a scenario that is shipped; null when none has this name. */
export function cannedPath(name: string): string | null {
  if (!isPlainName(name)) return null;
  const path = `${cannedDirectory()}/${name}${extension}`;
  return existsSync(path) ? path : null;
}

/** What a scenario that is shipped says of itself. */
export interface CannedScenario {
  readonly name: string;
  /** First paragraph of `about`: one line. */
  readonly title: string;
  /** The rest of it, as one line: what it proves. Empty: the title says it. */
  readonly proves: string;
  readonly path: string;
  readonly durationMs: number;
  readonly needs: Needs;
  readonly scenario: Scenario;
}

const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ");

/** Reads one. @param name of `cannedNames` */
export function readCanned(name: string): CannedScenario {
  const path = `${cannedDirectory()}/${name}${extension}`;
  const { scenario } = loadScenario(path);
  const [title = "", ...rest] = (scenario.about ?? "").split(/\n\s*\n/);
  return {
    name,
    title: oneLine(title),
    proves: oneLine(rest.join(" ")),
    path,
    durationMs: durationOf(scenario.duration ?? "1s"),
    needs: scenario.needs ?? {},
    scenario,
  };
}
