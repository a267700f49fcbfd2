import { counted, formatSeconds, quote } from "../report/index.ts";
import type { MatchExplanation, WatchEvent } from "../run/watch/index.ts";
import { keyLine } from "./match-lines.ts";

type Lines = { readonly [E in WatchEvent as E["event"]]: (event: E) => string };

const lacking = (limits: readonly string[]): string =>
  limits.length === 0 ? "" : `; NOT as asked: ${limits.join("; ")}`;

const processName = (pid: number, comm: string | null): string => `${pid}${comm === null ? "" : ` (${quote(comm)})`}`;

function endOf({ exit_code, exit_signal, exit_reason }: Extract<WatchEvent, { event: "ended" }>): string {
  if (exit_signal !== null) return `killed by ${exit_signal} (${exit_reason})`;
  return exit_code === null ? `how is not known (${exit_reason})` : `exit code ${exit_code} (${exit_reason})`;
}

/** Each event as one line; what processes chose themselves is quoted. */
const lines: Lines = {
  started: ({ rules, source, refused, listen }) => {
    const by = source === null ? "scans alone" : `events of the ${source}, and scans`;
    const why = refused.map(({ name, reason }) => `; no ${name}: ${reason}`).join("");
    return `watching by ${counted(rules, "rule")}, with ${by}${why}${listen === null ? "" : `; serving ${listen}`}`;
  },
  warning: ({ message }) => `WARNING: ${message}`,
  governed: ({ pid, comm, rule, job_id, governed_ms, lacking: limits }) => {
    const when = governed_ms === null ? "" : `, ${governed_ms.toFixed(1)} ms after its exec`;
    return `governed ${processName(pid, comm)} by rule ${rule} as job ${job_id}${when}${lacking(limits)}`;
  },
  taken_up: ({ pid, rule, job_id }) => `took up job ${job_id} (process ${pid}) of rule ${rule}`,
  changed: ({ rule, job_id, lacking: limits }) => `changed job ${job_id} to rule ${rule}${lacking(limits)}`,
  ended: (event) => `job ${event.job_id} of rule ${event.rule} ended: ${endOf(event)}`,
  failed: ({ pid, rule, code, message, attempt, retry_ms }) => {
    const next = retry_ms === null ? "left alone" : `next attempt in ${formatSeconds(retry_ms / 1000)}`;
    return `FAILED to govern ${pid} by rule ${rule} (attempt ${attempt}, ${next}): ${code}: ${message}`;
  },
  released: ({ job_id, rule, why, not_restored }) =>
    `released job ${job_id} of rule ${rule} (${why})${not_restored.length === 0 ? "" : `; NOT restored: ${not_restored.join("; ")}`}`,
  reloaded: ({ rules, needs_restart }) =>
    `reloaded ${counted(rules, "rule")}${needs_restart.length === 0 ? "" : `; a change of ${needs_restart.join(" and ")} needs a restart`}`,
  reload_failed: ({ problems }) => `the rules stay as they were, the file has mistakes: ${problems.join("; ")}`,
  source_ended: ({ message, retry_ms }) =>
    `WARNING: events have ended, scans go on: ${message}; next attempt in ${formatSeconds(retry_ms / 1000)}`,
  source_reopened: ({ source, down_ms }) =>
    `events of the ${source} have come back after ${formatSeconds(down_ms / 1000)}`,
  scan_failed: ({ message }) => `WARNING: a scan failed: ${message}`,
  events_lost: ({ lost }) => `WARNING: ${counted(lost, "event was", "events were")} lost; the scan has looked`,
  stopped: ({ why, jobs, governed }) =>
    `${why}: stopped; ${counted(governed, "process", "processes")} ${jobs === "keep" ? `${governed === 1 ? "stays" : "stay"} governed, for the next watch to take up` : "released"}`,
};

/** An event as one line for people. */
export const watchLine = (event: WatchEvent): string => (lines[event.event] as (event: WatchEvent) => string)(event);

const verdicts = {
  matches: "matches",
  does_not_match: "does not match",
  excepted: "matches, but is excepted",
} as const;

/** Why a process is governed by a rule or by none, as text. */
export function explanationText({ pid, leftAlone, rule, rules }: MatchExplanation): string {
  const verdict =
    leftAlone !== null
      ? `process ${pid} is left alone: ${leftAlone}`
      : rule === null
        ? `no rule has process ${pid}`
        : `process ${pid} belongs to rule ${rule}`;
  const each = rules.flatMap(({ name, verdict: one, match, except }) => [
    `rule ${name}: ${verdicts[one]}`,
    ...match.map((key) => `  match   ${keyLine(key)}`),
    ...except.flatMap(({ keys }) => keys.map((key, at) => `  ${at === 0 ? "except" : "   and"}  ${keyLine(key)}`)),
  ]);
  return `${[verdict, ...each].join("\n")}\n`;
}
