import { figure } from "../../checks/index.ts";
import { runMetrics } from "../../metrics/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { escapeMarkup } from "../markup.ts";
import { groupName, orDash } from "../words.ts";

const cell = (text: string): string => `<td>${escapeMarkup(text)}</td>`;
const numberCell = (text: string): string => `<td class="number">${escapeMarkup(text)}</td>`;

const table = (heading: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${heading.map((one) => `<th>${escapeMarkup(one)}</th>`).join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${row}</tr>`).join("\n")}</tbody></table>`;

const worstFirst = ["fail", "inconclusive", "pass", "skip"] as const;

/** Everything that was judged, the worst first. */
export function checksSection({ checks }: ScenarioDocument): string {
  const rows = worstFirst.flatMap((wanted) =>
    checks
      .filter(({ outcome }) => outcome === wanted)
      .map(
        ({ outcome, check, kind, message, advisory }) =>
          `<td class="${outcome}">${outcome}${advisory ? " (decides nothing)" : ""}</td>${cell(check)}${cell(kind)}${cell(message)}`,
      ),
  );
  const inner =
    rows.length === 0
      ? "<p>Nothing was asked, and the run came to its end.</p>"
      : table(["outcome", "check", "kind", "what was found"], rows);
  return `<section><h2>Checks</h2>${inner}</section>`;
}

/** Figures of the run and of its groups. */
export function statsSection({ stats, cgroups }: ScenarioDocument): string {
  const total = Object.entries(runMetrics).flatMap(([name, { unit }]) => {
    const value = stats[name as keyof typeof stats];
    return value === null ? [] : [`${cell(name)}${numberCell(figure(value))}${cell(unit)}`];
  });
  const groups = cgroups.map((group) =>
    [
      cell(groupName(group.cgroup)),
      ...[
        String(group.workers),
        group.cpus_used.join(","),
        String(group.iterations),
        orDash(group.iterations_per_cpu_sec),
        orDash(group.spread_pct),
        orDash(group.max_gap_ms),
        String(group.migrations),
        figure(group.cpu_time_sec),
      ].map(numberCell),
    ].join(""),
  );
  const heading = ["group", "workers", "CPUs", "iterations", "per CPU s", "spread", "gap ms", "migrations", "CPU s"];
  return `<section><h2>Figures</h2>${table(heading, groups)}${table(["metric", "value", "unit"], total)}</section>`;
}

/** Every payload that ran, with its declared and found metrics. */
export function payloadSection({ payloads }: ScenarioDocument): string {
  if (payloads.length === 0) return "";
  const drawn = payloads.map(({ payload, cgroup, end, argv, metrics, problems, stderr_tail }) => {
    const rows = metrics.map(({ name, value, unit }) => `${cell(name)}${numberCell(figure(value))}${cell(unit)}`);
    return [
      `<h3>${escapeMarkup(payload)} in ${escapeMarkup(groupName(cgroup))}: ${escapeMarkup(end)}</h3>`,
      `<pre>${escapeMarkup(argv.map((word) => JSON.stringify(word)).join(" "))}</pre>`,
      ...problems.map((line) => `<p class="note">${escapeMarkup(line)}</p>`),
      metrics.length === 0 ? "" : table(["metric", "value", "unit"], rows),
      stderr_tail === "" ? "" : `<pre>${escapeMarkup(stderr_tail)}</pre>`,
    ].join("\n");
  });
  return ["<section><h2>Payloads</h2>", ...drawn, "</section>"].join("\n");
}
