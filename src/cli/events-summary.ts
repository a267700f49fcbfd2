import type { LiveFeed, MonitorCounts } from "../events/index.ts";
import { counted } from "../report/index.ts";

/** What to say of the source at the beginning; without `verbose` only what is missing. */
export function openedLines({ origin, reason }: Pick<LiveFeed, "origin" | "reason">, verbose: boolean): string[] {
  const { source, refused, unmet } = origin;
  const why = refused.map((one) => `; no ${one.name}: ${one.reason}`).join("");
  const named = { bpf: "BPF programs", "proc connector": "the proc connector", polling: "polling of /proc" }[source];
  const opened = `events of ${named}: ${reason}${why}`;
  const first = source === "polling" ? [`WARNING: ${opened}`] : verbose ? [opened] : [];
  return [...first, ...unmet.map((one) => `WARNING: no ${one.wish}: ${one.reason}`)];
}

/** One line at the end: what was told, and what was not and why. */
export function summaryLine(counts: MonitorCounts, told: number): string {
  const { events, short, unjudged, unknownFiles, folded, dropped, lost } = counts;
  const parts = [
    short > 0 ? `${counted(short, "process", "processes")} too short` : null,
    unjudged > 0 ? `${counted(unjudged, "event")} without what the filters ask for` : null,
    unknownFiles > 0 ? `${counted(unknownFiles, "exec")} of unknown files` : null,
    folded > 0 ? `${counted(folded, "open")} folded` : null,
    dropped > 0 ? `${dropped} over the limit` : null,
  ].filter((part) => part !== null);
  return [`${counted(told, "line")} of ${counted(events, "event")}`, `${lost} lost`, ...parts].join("; ");
}
