import { formatBytes, formatTable } from "../../report/index.ts";
import type { ClassDocument, IsolationDocument, PolicyDocument, ShareDocument } from "./document-schema.ts";
import type { RunOutcome } from "./outcome.ts";
import { countActions } from "./told-step.ts";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const seconds = (ms: number | null): string => (ms === null ? "–" : `${(ms / 1000).toFixed(2)} s`);
const milliseconds = (ms: number | null): string => (ms === null ? "–" : `${ms.toFixed(1)} ms`);

const shareCell = (share: ShareDocument): string =>
  share === null ? "–" : `${share.count}/${share.of} = ${percent(share.share)}`;

const intervalCell = (share: ShareDocument): string =>
  share === null ? "–" : `${percent(share.low)}…${percent(share.high)}, ≥ ${percent(share.at_least)}`;

const barWidth = 20;

const legend = "█ 95 % sure   ▒ seen, not sure   · lost\n";

/** A picture of a share, as the legend says. */
function bar(share: ShareDocument): string {
  if (share === null) return "";
  const sure = Math.round(share.low * barWidth);
  const found = Math.max(sure, Math.round(share.share * barWidth));
  return "█".repeat(sure) + "▒".repeat(found - sure) + "·".repeat(barWidth - found);
}

function survivalRows({ policy, runs, whole_runs, survived, classes }: PolicyDocument): string[][] {
  const of = (name: string): ShareDocument => classes.find((one) => one.class === name)?.survived ?? null;
  const row = (first: string, what: string, share: ShareDocument): string[] => [
    ...[first, what, bar(share), shareCell(share), intervalCell(share)],
  ];
  const title = `${policy} (${runs} ${runs === 1 ? "run" : "runs"})`;
  if (policy === "alone") return [row(title, "high", of("high"))];
  return [
    row(title, "high", of("high")),
    row("", "low", of("low")),
    row("", "all", survived),
    row("", "whole runs", whole_runs),
  ];
}

function ratioCell(found: ClassDocument["slowdown_against_none"]): string {
  if (found === null) return "–";
  const change = (ratio: number): string => `${ratio >= 1 ? "+" : "−"}${percent(Math.abs(ratio - 1))}`;
  const { value, low, high } = found;
  return low === null || high === null ? change(value) : `${change(value)} (${change(low)}…${change(high)})`;
}

const speedRow = (policy: string, one: ClassDocument): string[] => [
  policy,
  one.class,
  seconds(one.elapsed_p50_ms),
  one.slowdown === null ? "–" : one.slowdown.toFixed(2),
  ratioCell(one.slowdown_against_alone),
  ratioCell(one.slowdown_against_none),
  milliseconds(one.allocation_p50_ms),
  milliseconds(one.allocation_p95_ms),
  milliseconds(one.allocation_p99_ms),
];

const decisionLine = ({ policy, oom_kills, decisions }: PolicyDocument): string => {
  const told = Object.entries(decisions).map(([action, count]) => `${count} ${action}`);
  return `${policy}: ${oom_kills} killed by the kernel; decisions: ${told.length === 0 ? "none" : told.join(", ")}\n`;
};

/** The comparison for people: who survived, how fast, and what was done for it. */
export function toText({ scenario, kernel, complete, policies }: IsolationDocument): string {
  const { sessions, limit_bytes, speed, seeds } = scenario;
  const title = `${sessions} agents in ${formatBytes(limit_bytes)}, ${speed} times as fast, ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}, Linux ${kernel}\n`;
  const survival = formatTable(
    ["policy", "agents", "survived", "", "95 % interval, lower bound"],
    policies.flatMap(survivalRows),
  );
  const speeds = formatTable(
    ["policy", "class", "median", "÷ trace", "against alone", "against none", "alloc p50", "p95", "p99"],
    policies.flatMap((one) => one.classes.map((each, index) => speedRow(index === 0 ? one.policy : "", each))),
  );
  const stopped = complete ? "" : "Stopped before all runs were done.\n";
  return `${[title, survival + legend, speeds, policies.map(decisionLine).join("")].join("\n")}${stopped}`;
}

/** One run in one line. */
export function runLine({ run, policy, sessions, steps, durationMs }: RunOutcome, done: number, of: number): string {
  const ends = sessions.map(({ name, fate, elapsedMs }) =>
    fate === "completed" ? `${name} ${seconds(elapsedMs)}` : `${name} ${fate.toUpperCase()}`,
  );
  const made = Object.entries(countActions(steps)).map(([action, count]) => `${count} ${action}`);
  const why = made.length === 0 ? "" : `; ${made.join(", ")}`;
  return `${done}/${of} run ${run} ${policy}: ${ends.join(", ")}${why} (${seconds(durationMs)})`;
}
