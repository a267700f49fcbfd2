import { formatBytes, formatTable } from "../../report/index.ts";
import type { LiveAgent, LiveFigures, LiveView } from "./live-board.ts";

/** A latency for people: microseconds, from 10 ms on milliseconds. */
const latencyText = (us: number | null): string =>
  us === null ? "-" : us < 10_000 ? `${us.toFixed(0)} us` : `${(us / 1000).toFixed(1)} ms`;

const rateText = (perSec: number): string => `${perSec < 100 ? perSec.toFixed(1) : perSec.toFixed(0)} ops/s`;

function figuresLine(name: string, { opsPerSec, bytesPerSec, meanUs, p50Us, p95Us, p99Us }: LiveFigures): string {
  const bytes = bytesPerSec > 0 ? `, ${formatBytes(Math.round(bytesPerSec))}/s` : "";
  const latencies = [
    `mean ${latencyText(meanUs)}`,
    `p50 ${latencyText(p50Us)}`,
    `p95 ${latencyText(p95Us)}`,
    `p99 ${latencyText(p99Us)}`,
  ];
  return `${name.padEnd(5)} ${rateText(opsPerSec)}${bytes} (${latencies.join(", ")})`;
}

const words: readonly (readonly [LiveAgent["state"], string])[] = [
  ["connecting", "connecting"],
  ["config_sent", "preparing"],
  ["ready", "ready"],
  ["start_sent", "starting"],
  ["collecting", "running"],
  ["between", "preparing the next stage"],
  ["arrived", "at the barrier"],
  ["completed", "completed"],
  ["failed", "FAILED"],
  ["aborted", "ended"],
];
const wordOf = new Map(words);

function clockText(sinceStartMs: number | null): string {
  if (sinceStartMs === null) return "";
  const seconds = (Math.abs(sinceStartMs) / 1000).toFixed(1);
  return sinceStartMs < 0 ? `, start in ${seconds} s` : `, ${seconds} s`;
}

/** How a run stands, in one line. */
export function viewLine(name: string, view: LiveView): string {
  const states = words.flatMap(([state, word]) => (view.states[state] > 0 ? [`${view.states[state]} ${word}`] : []));
  const rates = view.all.opsPerSec > 0 ? `; ${rateText(view.all.opsPerSec)}, p99 ${latencyText(view.all.p99Us)}` : "";
  const errors = view.errors > 0 ? `; ${view.errors} errors` : "";
  const stage = view.stage === null ? "" : `, stage ${view.stage}`;
  return `${name}: ${view.phase}${stage}${clockText(view.sinceStartMs)}; agents: ${states.join(", ")}${rates}${errors}`;
}

/** What wants to be looked at first. */
const urgency = ({ state, isStraggler }: LiveAgent): number => (state === "failed" ? 0 : isStraggler ? 1 : 2);

const noteOf = ({ isStraggler, silentMs, prepared, state }: LiveAgent): string => {
  if ((state === "config_sent" || state === "between") && prepared !== null)
    return prepared.total === null ? `${prepared.done} prepared` : `${prepared.done} of ${prepared.total} prepared`;
  if (silentMs !== null && silentMs > 2500 && state !== "completed")
    return `silent for ${(silentMs / 1000).toFixed(0)} s`;
  return isStraggler ? "slow" : "";
};

/**
 * How a run stands, for a terminal.
 * @param rows lines there are; agents that need no look are left out first
 */
export function viewLines(name: string, view: LiveView, rows: number): readonly string[] {
  const kinds = (["get", "put", "meta"] as const).filter((kind) => view.figures[kind].opsPerSec > 0);
  const top = [viewLine(name, view), ...kinds.map((kind) => figuresLine(kind.toUpperCase(), view.figures[kind]))];
  const room = Math.max(0, rows - top.length - 2);
  const ordered = view.agents.toSorted((one, other) => urgency(one) - urgency(other));
  const shown = ordered.slice(0, ordered.length > room ? Math.max(0, room - 1) : room);
  if (shown.length === 0) return top;
  const table = formatTable(
    ["agent", "state", "operations", "ops/s", "p99", "errors", ""],
    shown.map((agent) => [
      agent.agentId,
      wordOf.get(agent.state) ?? agent.state,
      String(agent.operations),
      agent.opsPerSec.toFixed(0),
      latencyText(agent.p99Us),
      String(agent.errors),
      noteOf(agent),
    ]),
  );
  const left = ordered.length - shown.length;
  return [...top, ...table.trimEnd().split("\n"), ...(left > 0 ? [`and ${left} more agents`] : [])];
}
