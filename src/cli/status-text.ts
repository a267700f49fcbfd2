import type { RunReport } from "../report/index.ts";
import { formatBytes, formatSeconds, quote } from "../report/index.ts";
import { describeOutcome, jobLine, summarize } from "../run/index.ts";
import type { CurrentLimit, LiveDetail, StatusDocument } from "../run/jobs/index.ts";
import { showAge, showCommand, showWord } from "./job-text.ts";

type Line = readonly [label: string, text: string];

/** Most processes that are listed. */
const shownMembers = 20;

/** Who watches the job, in words. */
function describeWatch(job: LiveDetail, reported: boolean): string {
  if (job.watcher_pid !== null) return `by Corral (pid ${job.watcher_pid})`;
  if (job.left !== null) return `by nobody: its Corral left at ${job.left.time} (${quote(job.left.why, 40)})`;
  if (reported) return "by nobody: its Corral wrote the result when the leader ended, and left";
  return `by nobody: its Corral (pid ${job.corral_pid}) was killed`;
}

function describeLeader({ leader }: LiveDetail): string {
  if (leader === null) return "none yet";
  return `pid ${leader.pid}, started at tick ${leader.start_ticks} of boot ${leader.boot_id}${leader.running ? "" : ", ended"}`;
}

/** A limit with what stands now, where that has changed since it was set. */
const describeLimit = (limit: CurrentLimit): string =>
  limit.now === null || limit.now === limit.effective
    ? describeOutcome(limit)
    : `${describeOutcome(limit)}; now ${quote(limit.now, 120)}`;

function describeUse(job: LiveDetail): string {
  const { usage } = job;
  const cpuUs = usage.cpu_user_us === null || usage.cpu_sys_us === null ? null : usage.cpu_user_us + usage.cpu_sys_us;
  const parts = [
    ...(cpuUs === null ? [] : [`cpu ${formatSeconds(cpuUs / 1e6)}`]),
    ...(job.memory_bytes === null ? [] : [`memory ${formatBytes(job.memory_bytes)}`]),
    ...(usage.memory_peak_bytes === null ? [] : [`peak ${formatBytes(usage.memory_peak_bytes)}`]),
    ...(usage.nr_throttled === null || usage.nr_throttled === 0
      ? []
      : [`throttled in ${usage.nr_throttled} of ${usage.nr_periods} periods`]),
    ...(usage.oom_kills === null || usage.oom_kills === 0 ? [] : [`${usage.oom_kills} killed for memory`]),
  ];
  return parts.length === 0 ? "nobody counts" : parts.join("; ");
}

const frozenNote = ({ freezer }: LiveDetail): string =>
  freezer === null || freezer === "thawed" ? "" : `, ${freezer}`;

function liveLines(job: LiveDetail, reported: boolean): Line[] {
  const more = job.members.length - shownMembers;
  return [
    ["state", `${job.state}${frozenNote(job)}, for ${showAge(job.age_sec)} since ${job.start_time}`],
    ["watched", describeWatch(job, reported)],
    ...(job.stop_time === null ? [] : [["stop", `ordered at ${job.stop_time}`] as const]),
    ["leader", describeLeader(job)],
    ["command", showCommand(job.argv, 2000)],
    ["directory", quote(job.cwd, 300)],
    ...tagLines(job.tags),
    ["use", describeUse(job)],
    ...job.groups.map(
      ({ path, controllers, version, exists }): Line => [
        "group",
        `${path} (v${version}${controllers.length === 0 ? "" : `: ${controllers.join(" ")}`})${exists ? "" : ", gone"}`,
      ],
    ),
    ...job.constraints.map((limit): Line => ["limit", describeLimit(limit)]),
    ...job.members
      .slice(0, shownMembers)
      .map(({ pid, comm, state }): Line => ["process", `${pid} ${quote(comm, 20)} (${state})`]),
    ...(more > 0 ? [["process", `and ${more} more`] as const] : []),
    ...job.warnings.map((line): Line => ["warning", line]),
  ];
}

/** What is on record of a job that is over, beside how it ended. */
const endedLines = (result: RunReport): Line[] => [
  ["started", result.start_time],
  ["ended", result.end_time ?? "not seen by any Corral"],
  ["command", showCommand(result.argv, 2000)],
  ["directory", quote(result.cwd, 300)],
  ...tagLines(result.tags),
];

const tagLines = (tags: RunReport["tags"]): Line[] =>
  Object.entries(tags).map(([key, value]) => ["tag", `${showWord(key)}=${showWord(value)}`]);

const indented = (lines: readonly Line[]): string[] => lines.map(([label, text]) => `  ${label.padEnd(9)} ${text}`);

/** The result of the last use of the id. */
function resultLines(result: RunReport, results: number, files: readonly Line[]): string[] {
  const [how = "", ...more] = summarize(result);
  const others = results > 1 ? [`newest of ${results} results of this id`] : [];
  return [how, ...indented([...endedLines(result), ...files]), ...more, ...others, jobLine(result)];
}

/** A living job, and the result of an earlier use of its id, or of its leader. */
function livingLines(live: LiveDetail, { result, results }: StatusDocument, files: readonly Line[]): string[] {
  const reported = result?.start_time === live.start_time;
  const lines = [`job ${live.job_id}`, ...indented([...liveLines(live, reported), ...files])];
  if (result === null) return lines;
  const others = results > 1 ? ` (${results} results of this id)` : "";
  return [...lines, `last result, of ${result.start_time}${others}:`, ...summarize(result), jobLine(result)];
}

/** All that `corral status` prints for people. */
export function renderStatus(document: StatusDocument): string {
  const { live, captured, unreadable, result, results } = document;
  const files: readonly Line[] =
    captured === null
      ? []
      : [
          ["stdout", captured.stdout],
          ["stderr", captured.stderr],
        ];
  const ended = result === null ? [] : resultLines(result, results, files);
  return `${[
    ...(live === null ? ended : livingLines(live, document, files)),
    ...unreadable.map(({ path, reason }) => `cannot use ${quote(path, 300)}: ${reason}`),
  ].join("\n")}\n`;
}
