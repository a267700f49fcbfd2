import { counted, formatSeconds } from "../../../report/index.ts";
import { isEndedByCaller } from "../../record/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import {
  atText,
  dilationText,
  groupName,
  heldText,
  notableChecks,
  orDash,
  runTitle,
  shown,
  verdictWords,
} from "../words.ts";
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

/** Claims that held are listed up to this many: a function may make thousands. */
const mostClaims = 20;

const checkLine = ({ outcome, kind, check, message }: ScenarioDocument["checks"][number]): string =>
  `  ${outcome === "pass" ? outcome : outcome.toUpperCase()} ${shown(check)} (${kind}): ${shown(message)}`;

/** What speaks against the run, then what was expected and held: how near it was is worth knowing. */
function checkLines(document: ScenarioDocument): string[] {
  const expected = document.checks.filter(
    ({ outcome, kind, advisory }) => outcome === "pass" && !advisory && (kind === "temporal" || kind === "claim"),
  );
  const left = expected.length - mostClaims;
  return [
    ...notableChecks(document).map(checkLine),
    ...expected.slice(0, mostClaims).map(checkLine),
    ...(left > 0 ? [`  … and ${left} more that held`] : []),
    `  ${heldText(document)}`,
  ];
}

function statsLines({ stats, cgroups }: ScenarioDocument): string[] {
  const workers = cgroups.reduce((sum, group) => sum + group.workers, 0);
  const total = [
    counted(workers, "worker"),
    ...measured("iterations ", stats.total_iterations),
    ...measured("rate ", stats.iteration_rate, "/s"),
    ...measured("worst spread ", stats.worst_spread_pct, " points"),
    ...measured("worst gap ", stats.worst_gap_ms, " ms"),
    ...measured("migrations ", stats.total_migrations),
    ...measured("worst p99 wake-up ", stats.worst_p99_wake_latency_us, " us"),
  ].join(", ");
  return [total, ...cgroups.map(groupLine)];
}

/** A figure with its name; nothing for one that was not measured. */
const measured = (name: string, value: number | null, unit = ""): readonly string[] =>
  value === null ? [] : [`${name}${orDash(value, unit)}`];

const groupLine = (group: ScenarioDocument["cgroups"][number]): string =>
  [
    `${groupName(group.cgroup)}: workers=${group.workers}`,
    `cpus=${group.cpus_used.length}`,
    ...measured("spread=", group.spread_pct),
    ...measured("gap=", group.max_gap_ms, group.max_gap_cpu === null ? "" : `@cpu${group.max_gap_cpu}`),
    `migrations=${group.migrations}`,
    `iter=${group.iterations}`,
    ...measured("p99wake=", group.latencies.find(({ kind }) => kind === "wake")?.p99_us ?? null),
  ].join(" ");

type Failure = ScenarioDocument["failures"][number];

/** How far a run came. */
function reachedText({ failures, ended, phases, steps }: ScenarioDocument): string {
  const begun = phases.filter(({ phase }) => phase > 0).length;
  const [[failure], [process]] = [failures, ended];
  const all = counted(steps, "step");
  if (failure === undefined && process === undefined && begun >= steps) return `ran to its end: ${begun} of ${all}`;
  const why =
    failure !== undefined
      ? failedText(failure)
      : process === undefined
        ? "ended early"
        : `${shown(process.name)} ended at ${atText(process.at_ms)}`;
  return `${why}, ${begun} of ${all} begun`;
}

const stageWords: Readonly<Record<Failure["stage"], string>> = {
  setup: "ended early in its set-up",
  backdrop: "ended early in the backdrop's set-up",
  step: "ended early",
  engine: "ended early by an error of the engine",
};

/** What ended a run, without the words of the error, which the checks have. */
function failedText({ stage, step, code, at_ms }: Failure): string {
  if (isEndedByCaller({ code })) return `ended by its caller at ${atText(at_ms)}`;
  return `${stageWords[stage]}${step === null ? "" : ` in step ${step}`}`;
}

function diagnosticLines(document: ScenarioDocument): string[] {
  const { where, host } = document;
  const slowness = dilationText(document);
  return [
    `${reachedText(document)}, ${formatSeconds(document.duration_sec)} (removing ${formatSeconds(document.cleanup_sec)})`,
    `on ${shown(host.hostname)}${where === "vm" ? " (virtual machine)" : ""}, Linux ${host.kernel} ${host.machine}, ${counted(host.cpus.length, "CPU")}, run ${document.run_id}`,
    ...(slowness === null ? [] : [slowness]),
    ...document.payloads.map(
      ({ payload, cgroup, end, metrics }) =>
        `payload ${payload} in ${groupName(cgroup)}: ${end}, ${counted(metrics.length, "metric")}`,
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
