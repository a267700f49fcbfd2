import { formatSeconds } from "../../../report/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { atText, dilationText, groupName, notableChecks, orDash, runTitle, shown, verdictWords } from "../words.ts";
import { timelineLines } from "./timeline-text.ts";

/** The report for people: what decided, then figures, then how it went. Lines end with a newline; nothing is coloured. */
export function textReport(document: ScenarioDocument): string {
  if (document.skipped !== null) return `scenario ${runTitle(document)} was skipped: ${shown(document.skipped)}\n`;
  const sections = [
    [
      `scenario ${runTitle(document)} ${verdictWords[document.verdict]}${document.verdict === "fail" ? ":" : ""}`,
      ...checkLines(document),
    ],
    ["--- stats ---", ...statsLines(document)],
    ["--- diagnostics ---", ...diagnosticLines(document)],
    ["--- timeline ---", ...timelineLines(document)],
    section("scheduler", schedulerLines(document)),
    section("monitor", monitorLines(document)),
  ];
  return `${sections.flat().join("\n")}\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`--- ${title} ---`, ...lines];

function checkLines(document: ScenarioDocument): string[] {
  const held = document.checks.filter(({ outcome, advisory }) => outcome === "pass" && !advisory).length;
  return [
    ...notableChecks(document).map(
      ({ outcome, kind, check, message }) => `  ${outcome.toUpperCase()} ${shown(check)} (${kind}): ${shown(message)}`,
    ),
    `  ${held} of ${document.checks.filter(({ advisory }) => !advisory).length} checks held`,
  ];
}

function statsLines({ stats, cgroups }: ScenarioDocument): string[] {
  const workers = cgroups.reduce((sum, group) => sum + group.workers, 0);
  const total = [
    `${workers} workers`,
    `iterations ${orDash(stats.total_iterations)}`,
    `rate ${orDash(stats.iteration_rate, "/s")}`,
    `worst spread ${orDash(stats.worst_spread_pct, " points")}`,
    `worst gap ${orDash(stats.worst_gap_ms, " ms")}`,
    `migrations ${orDash(stats.total_migrations)}`,
    `worst p99 wake-up ${orDash(stats.worst_p99_wake_latency_us, " us")}`,
  ].join(", ");
  return [total, ...cgroups.map(groupLine)];
}

const groupLine = (group: ScenarioDocument["cgroups"][number]): string =>
  [
    `${groupName(group.cgroup)}: workers=${group.workers}`,
    `cpus=${group.cpus_used.length}`,
    `spread=${orDash(group.spread_pct)}`,
    `gap=${orDash(group.max_gap_ms)}${group.max_gap_cpu === null ? "" : `@cpu${group.max_gap_cpu}`}`,
    `migrations=${group.migrations}`,
    `iter=${group.iterations}`,
    `p99wake=${orDash(group.latencies.find(({ kind }) => kind === "wake")?.p99_us ?? null)}`,
  ].join(" ");

/** How far a run came. */
function reachedText({ failures, ended, phases, steps }: ScenarioDocument): string {
  const begun = phases.filter(({ phase }) => phase > 0).length;
  const [[failure], [process]] = [failures, ended];
  if (failure === undefined && process === undefined && begun >= steps)
    return `ran to its end: ${begun} of ${steps} steps`;
  const why =
    failure !== undefined
      ? `ended early in ${failure.stage}${failure.step === null ? "" : ` ${failure.step}`}`
      : process === undefined
        ? "ended early"
        : `${shown(process.name)} ended at ${atText(process.at_ms)}`;
  return `${why}, ${begun} of ${steps} steps begun`;
}

function diagnosticLines(document: ScenarioDocument): string[] {
  const { where, host } = document;
  const slowness = dilationText(document);
  return [
    `${reachedText(document)}, ${formatSeconds(document.duration_sec)} (removing ${formatSeconds(document.cleanup_sec)})`,
    `on ${shown(host.hostname)}${where === "vm" ? " (virtual machine)" : ""}, Linux ${host.kernel} ${host.machine}, ${host.cpus.length} CPUs, run ${document.run_id}`,
    ...(slowness === null ? [] : [slowness]),
    ...document.payloads.map(
      ({ payload, cgroup, end, metrics }) =>
        `payload ${payload} in ${groupName(cgroup)}: ${end}, ${metrics.length} metrics`,
    ),
    ...document.stalled.map(({ pid, cgroup, diagnostics }) =>
      shown(`worker ${pid} in ${groupName(cgroup)} stood still: ${JSON.stringify(diagnostics)}`),
    ),
    ...document.warnings.map((line) => `warning: ${shown(line)}`),
    ...document.notes.map((line) => `note: ${shown(line)}`),
  ];
}

const schedulerLines = ({ ended }: ScenarioDocument): string[] =>
  ended.map(({ name, how, reason, at_ms }) =>
    shown(`${name} ended (${how}) at +${Math.round(at_ms)} ms${reason === "" ? "" : `: ${reason}`}`),
  );

/** What the monitor found, also what decides nothing. */
const monitorLines = ({ checks }: ScenarioDocument): string[] =>
  checks
    .filter(({ kind, outcome }) => kind === "monitor" && outcome !== "skip")
    .map(({ outcome, advisory, message }) => `${outcome}${advisory ? " (decides nothing)" : ""}: ${shown(message)}`);
