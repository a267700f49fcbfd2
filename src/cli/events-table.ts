import type { FeedOrigin, MonitorLine } from "../events/index.ts";
import { formatSeconds, quote } from "../report/index.ts";

const widths = { time: 12, event: 13, pid: 8, ppid: 8, comm: 16 } as const;

const row = (time: string, event: string, pid: string, ppid: string, comm: string, what: string): string =>
  `${[
    time.padEnd(widths.time),
    event.padEnd(widths.event),
    pid.padStart(widths.pid),
    ppid.padStart(widths.ppid),
    comm.padEnd(widths.comm),
    what,
  ]
    .join(" ")
    .trimEnd()}\n`;

/** The first line of the table. */
export const tableHeading = row("TIME (UTC)", "EVENT", "PID", "PPID", "COMM", "WHAT");

/** A text that a process chose, bare where that is safe. */
const shown = (text: string | null, limit = 200): string => {
  if (text === null) return "-";
  return /^[\x21-\x7e]+$/.test(text) && text.length <= limit ? text : quote(text, limit);
};

type Whats = { readonly [E in MonitorLine["event"]]: (line: Extract<MonitorLine, { event: E }>) => string };

const secondsOf = (ns: bigint): string => formatSeconds(Number(ns) / 1e9);

const times = (count: number): string => (count === 1 ? "" : ` (${count} times)`);

const warned = ({ rate_limit_warning: warning }: { readonly rate_limit_warning?: string }): string =>
  warning === undefined ? "" : `; ${warning}`;

/** What happened, in a few words. */
const whats: Whats = {
  FORK: () => "",
  EXEC: ({ argv, argv_truncated, filename }) =>
    argv === null ? shown(filename) : `${argv.map((one) => shown(one)).join(" ")}${argv_truncated ? " ..." : ""}`,
  EXIT: (line) => {
    const { exit_code, exit_signal, core_dumped, since_fork_ns, since_exec_ns } = line;
    const how = exit_signal ?? (exit_code === null ? "exit status not told" : `exit ${exit_code}`);
    const livedNs = since_fork_ns ?? since_exec_ns;
    const lived = livedNs === null ? "" : ` after ${secondsOf(livedNs)}`;
    return `${how}${core_dumped === true ? " (core dumped)" : ""}${lived}${warned(line)}`;
  },
  FILE_OPEN: (line) => {
    const failed = line.result !== null && line.result < 0 ? ` failed: errno ${-line.result}` : "";
    return `${shown(line.filepath)}${times(line.count)}${failed}${warned(line)}`;
  },
  BASH_READLINE: (line) => `${shown(line.command)}${line.truncated ? " ..." : ""}${times(line.count)}${warned(line)}`,
  RATE_LIMIT: ({ rate_limit_warning }) => rate_limit_warning,
  LOST: ({ count }) => `${count} ${count === 1 ? "event was" : "events were"} lost`,
};

/** Time of day of a moment of CLOCK_MONOTONIC. */
function timeOfDay(timestamp: bigint, { startNs, startTime }: FeedOrigin): string {
  const wallMs = Date.parse(startTime) + Number((timestamp - startNs) / 1_000_000n);
  const time = new Date(wallMs);
  return Number.isNaN(time.getTime()) ? "-" : time.toISOString().slice(11, 23);
}

/** A line as a row of the table. */
export function tableRow(line: MonitorLine, origin: FeedOrigin): string {
  const what = (whats[line.event] as (line: MonitorLine) => string)(line);
  const pid = "pid" in line ? String(line.pid ?? "-") : "-";
  const ppid = "ppid" in line ? String(line.ppid ?? "-") : "-";
  const comm = "comm" in line ? shown(line.comm) : "-";
  return row(timeOfDay(line.timestamp, origin), line.event, pid, ppid, comm, what);
}
