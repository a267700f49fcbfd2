import { htmlReport, junitReport, textReport } from "../results/index.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { documentOf } from "./rehearsal.ts";

/** What `corral scenario run --json` prints: one `corral.scenario/1`, of several runs a list of them. */
export function rehearsalsJson(rehearsals: readonly Rehearsal[]): string {
  const documents = rehearsals.map(documentOf);
  return `${JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2)}\n`;
}

/** The report for people of one run, as `corral scenario run` prints it. */
export const rehearsalText = (rehearsal: Rehearsal): string => textReport(documentOf(rehearsal));

/** The page of `corral scenario run --html`. */
export const rehearsalsHtml = (rehearsals: readonly Rehearsal[]): string => htmlReport(rehearsals.map(documentOf));

/** The JUnit XML of `corral scenario run --junit`. */
export const rehearsalsJunit = (rehearsals: readonly Rehearsal[]): string => junitReport(rehearsals.map(documentOf));
