import type { ScenarioDocument } from "../document/schema.ts";
import { escapeMarkup } from "../markup.ts";
import { textReport } from "../text/text-report.ts";
import { dilationText, runTitle, verdictWords } from "../words.ts";
import { latencySection } from "./latencies.ts";
import { style } from "./style.ts";
import { checksSection, payloadSection, statsSection } from "./tables.ts";
import { timelineSection } from "./timeline.ts";

/**
 * Runs as one page that needs nothing else: no script, no font, no picture from anywhere, which its own policy forbids. Drawings
 * are SVG; what is under the pointer is told by the browser.
 */
export function htmlReport(documents: readonly ScenarioDocument[]): string {
  const names = [...new Set(documents.map(({ scenario }) => scenario))].join(", ");
  return [
    "<!DOCTYPE html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(`corral scenario: ${names}`)}</title><style>${style}</style></head><body>`,
    ...documents.map(article),
    "</body></html>",
    "",
  ].join("\n");
}

function article(document: ScenarioDocument): string {
  const { verdict, about, skipped, host, run_id, start_time, where } = document;
  const place = `${host.hostname}${where === "vm" ? " (virtual machine)" : ""}, Linux ${host.kernel} ${host.machine}`;
  const slowness = dilationText(document);
  return [
    "<article>",
    `<h1>${escapeMarkup(runTitle(document))} <span class="verdict ${verdict}">${verdictWords[verdict]}</span></h1>`,
    about === null ? "" : `<p>${escapeMarkup(about)}</p>`,
    `<p class="note">${escapeMarkup(`${start_time} on ${place}, run ${run_id}`)}</p>`,
    slowness === null ? "" : `<p class="note">${escapeMarkup(slowness)}</p>`,
    skipped === null ? sections(document) : `<p>${escapeMarkup(skipped)}</p>`,
    "</article>",
  ].join("\n");
}

const sections = (document: ScenarioDocument): string =>
  [
    checksSection(document),
    timelineSection(document),
    latencySection(document),
    statsSection(document),
    payloadSection(document),
    `<section><h2>Report</h2><pre>${escapeMarkup(textReport(document))}</pre></section>`,
  ].join("\n");
