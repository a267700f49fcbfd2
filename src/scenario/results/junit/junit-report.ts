import type { ScenarioDocument } from "../document/schema.ts";
import { escapeMarkup } from "../markup.ts";
import { textReport } from "../text/text-report.ts";
import { groupName } from "../words.ts";

type Check = ScenarioDocument["checks"][number];

/**
 * Runs as JUnit XML: one suite for each, one case for each check. An inconclusive check is an error, unless the run passed
 * all the same; a check that did not apply, and one that decides nothing, is skipped. A run without checks is one case.
 */
export function junitReport(documents: readonly ScenarioDocument[]): string {
  const suites = documents.map(suite);
  const total = (name: "tests" | "failures" | "errors" | "skipped"): number =>
    suites.reduce((sum, { counts }) => sum + counts[name], 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="corral scenario" tests="${total("tests")}" failures="${total("failures")}" errors="${total("errors")}" skipped="${total("skipped")}">`,
    ...suites.map(({ xml }) => xml),
    "</testsuites>",
    "",
  ].join("\n");
}

interface Case {
  readonly what: "passed" | "failures" | "errors" | "skipped";
  readonly xml: string;
}

function suite(document: ScenarioDocument) {
  const cases = casesOf(document);
  const counted = (what: Case["what"]): number => cases.filter((one) => one.what === what).length;
  const counts = {
    tests: cases.length,
    failures: counted("failures"),
    errors: counted("errors"),
    skipped: counted("skipped"),
  };
  const attributes = [
    `name="${escapeMarkup(document.scenario)}"`,
    ...Object.entries(counts).map(([name, value]) => `${name}="${value}"`),
    `time="${document.duration_sec.toFixed(3)}"`,
    `timestamp="${document.start_time.replace(/\.\d+Z$/, "")}"`,
    `hostname="${escapeMarkup(document.host.hostname)}"`,
  ];
  const xml = [
    `  <testsuite ${attributes.join(" ")}>`,
    ...cases.map((one) => one.xml),
    `    <system-out>${escapeMarkup(textReport(document))}</system-out>`,
    "  </testsuite>",
  ].join("\n");
  return { counts, xml };
}

function casesOf(document: ScenarioDocument): Case[] {
  if (document.checks.length > 0) return document.checks.map((check, at) => caseOf(document, check, at));
  return [
    { what: "passed", xml: `    <testcase classname="${escapeMarkup(document.scenario)}" name="runs to its end"/>` },
  ];
}

function caseOf({ scenario, verdict }: ScenarioDocument, check: Check, at: number): Case {
  const where = check.where.cgroup === null ? "" : ` of ${groupName(check.where.cgroup)}`;
  // Readers tell cases apart by their names.
  const open = `    <testcase classname="${escapeMarkup(scenario)}" name="${escapeMarkup(`${check.check}${where} #${at + 1}`)}"`;
  const message = `message="${escapeMarkup(check.message)}"`;
  const judged = (what: Case["what"], inner: string): Case => ({ what, xml: `${open}>${inner}</testcase>` });
  if (check.outcome === "pass") return { what: "passed", xml: `${open}/>` };
  if (check.outcome === "skip" || check.advisory) return judged("skipped", `<skipped ${message}/>`);
  if (check.outcome === "fail") return judged("failures", `<failure type="${check.kind}" ${message}/>`);
  const spoils = verdict === "inconclusive" || verdict === "fail";
  return spoils
    ? judged("errors", `<error type="inconclusive" ${message}/>`)
    : judged("skipped", `<skipped ${message}/>`);
}
