import { formatBytes, formatSeconds, formatTable, quote } from "../report/index.ts";
import type { EndedJob, JobsDocument, LiveJob } from "../run/jobs/index.ts";
import { showAge, showCommand } from "./job-text.ts";

const orDash = <T>(value: T | null, show: (value: T) => string): string => (value === null ? "-" : show(value));

/** The state with what its group's freezer adds: `running,frozen`. */
const showState = ({ state, freezer }: Pick<LiveJob, "state" | "freezer">): string =>
  freezer === null || freezer === "thawed" ? state : `${state},${freezer}`;

/** Limits that stand, by name; those that are not applied have a mark. */
function showLimits(limits: LiveJob["limits"]): string {
  if (limits.length === 0) return "-";
  const names = limits.map(({ name, status }) => (status === "applied" ? name : `${name}(${mark[status]})`));
  return names.length <= shownLimits
    ? names.join(",")
    : `${names.slice(0, shownLimits - 1).join(",")},+${names.length - shownLimits + 1}`;
}

const shownLimits = 3;
const mark = { degraded: "degraded", not_enforceable: "not enforceable", failed: "failed" } as const;

/** How an ended job ended, in one word or two. */
export function showExit(
  job: Pick<
    EndedJob,
    "mode" | "exit_reason" | "exit_code" | "exit_signal" | "ended_by_corral" | "detached" | "end_time"
  >,
): string {
  const how = job.exit_signal ?? (job.exit_code === null ? null : String(job.exit_code));
  const why = job.ended_by_corral ?? (job.exit_reason === "oom" ? "oom" : null);
  if (job.exit_reason === "start_failed") return "not started";
  // An attach that let its processes go saw no end; only such a result has a time and no exit.
  if (how === null && job.mode === "attach" && job.detached && job.end_time !== null) return "let go";
  return `${how ?? "unknown"}${why === null ? "" : ` ${why}`}`;
}

/** A job id from a file, which may say anything. */
const showId = (id: string): string => (/^[\w.:@-]+$/.test(id) ? id : quote(id));

/** How long an ended job ran: below a minute as exactly as the summary has it. */
const showTime = (seconds: number): string => (seconds < 60 ? formatSeconds(seconds) : showAge(seconds));

type Row = readonly string[];

const liveRow = (job: LiveJob, all: boolean): Row => [
  job.job_id,
  showState(job),
  job.mode,
  orDash(job.pid, String),
  orDash(job.cpu_percent, (percent) => percent.toFixed(1)),
  orDash(job.memory_bytes, formatBytes),
  orDash(job.processes, String),
  showAge(job.age_sec),
  ...(all ? [showAge(job.age_sec), "-"] : []),
  showLimits(job.limits),
];

const endedRow = (job: EndedJob, nowMs: number): Row => [
  showId(job.job_id),
  "ended",
  job.mode,
  orDash(job.pid, String),
  "-",
  "-",
  "-",
  showAge(Math.max(0, (nowMs - Date.parse(job.start_time)) / 1000)),
  orDash(job.duration_sec, showTime),
  showExit(job),
  showLimits(job.limits),
];

/** Least room for the command, however narrow the terminal. */
const leastCommand = 12;

/**
 * The table of `corral ps`; the last column, the command, is cut so that no line is wider.
 * @param width columns of the terminal; null: as wide as it comes
 */
export function renderJobs(document: JobsDocument, width: number | null): string {
  const { jobs, ended } = document;
  const all = ended !== null;
  const heading = [
    "JOB",
    "STATE",
    "MODE",
    "PID",
    "CPU%",
    "MEM",
    "PIDS",
    "AGE",
    ...(all ? ["TIME", "EXIT"] : []),
    "LIMITS",
  ];
  const rows = [
    ...jobs.map((job) => ({ cells: liveRow(job, all), argv: job.argv })),
    ...(ended ?? []).map((job) => ({ cells: endedRow(job, Date.parse(document.time)), argv: job.argv })),
  ];
  const widths = heading.map((name, column) =>
    Math.max(name.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const before = widths.reduce((sum, one) => sum + one + 2, 0);
  const room = width === null ? 10_000 : Math.max(leastCommand, width - before);
  return formatTable(
    [...heading, "COMMAND"],
    rows.map(({ cells, argv }) => [...cells, showCommand(argv, room)]),
  );
}
