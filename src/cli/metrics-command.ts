import { CorralError, formatSeconds, formatTable, parseNumberIn, quote } from "../report/index.ts";
import { checkJobId, stateDirectories } from "../run/index.ts";
import type { JobMetrics, Violation } from "../run/metrics/index.ts";
import {
  defaultLastViolations,
  openMetrics,
  renderPrometheus,
  toMetricsDocument,
  toViolationsDocument,
} from "../run/metrics/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { metricsFlags } from "./metrics-flags.ts";
import { writeText } from "./output.ts";
import { writeReportFile } from "./report-file.ts";
import { corralVersion } from "./version.ts";

type MetricsFlags = RawFlags<typeof metricsFlags>;

/** node_exporter runs as a user of its own. */
const textfileMode = 0o644;

/**
 * `corral metrics`: what the results of this user's jobs add up to.
 * @returns 0
 * @throws CorralError USAGE, STATE_UNREADABLE, REPORT_UNWRITABLE
 */
export async function metricsCommand(flags: MetricsFlags): Promise<number> {
  checkFlags(flags);
  const last =
    flags.last === undefined
      ? defaultLastViolations
      : flagValue("last", flags.last, (text) => parseNumberIn(text, 1, 10_000, { integer: true }));
  const directories = stateDirectories(process.env, process.getuid?.() ?? 0);
  const metrics = await openMetrics(directories, corralVersion(), last).collect();
  const { textfile } = flags;
  if (textfile === undefined) writeText(1, await render(flags, metrics));
  else writeReportFile(textfile, await renderPrometheus(metrics), { what: "the metrics", mode: textfileMode });
  return 0;
}

/** @throws CorralError USAGE for flags that say two things */
function checkFlags(flags: MetricsFlags): void {
  const usage = (message: string, fix: string): CorralError =>
    new CorralError("USAGE", message, { object: "--textfile", fix });
  if (flags.textfile === "" || flags.textfile === "-")
    throw usage("--textfile needs the name of a file", "leave it out to print to stdout");
  if (flags.textfile !== undefined && (flags.json === true || flags.violations === true))
    throw usage("--textfile takes the Prometheus text only", "leave out --json and --violations");
  if (flags.last !== undefined && flags.violations !== true)
    throw new CorralError("USAGE", "--last counts violations", { object: "--last", fix: "add --violations" });
}

async function render(flags: MetricsFlags, metrics: JobMetrics): Promise<string> {
  const now = new Date().toISOString();
  if (flags.json === true) {
    const document = flags.violations === true ? toViolationsDocument(metrics, now) : toMetricsDocument(metrics, now);
    return `${JSON.stringify(document, null, 2)}\n`;
  }
  return flags.violations === true ? renderViolations(metrics.fold.violations) : renderPrometheus(metrics);
}

/** A job id comes from a file, which may say anything. */
function showJobId(id: string): string {
  try {
    checkJobId(id);
    return id;
  } catch {
    return quote(id);
  }
}

const rowOf = (one: Violation): readonly string[] => [
  one.end_time ?? "-",
  showJobId(one.job_id),
  one.reason,
  one.duration_sec === null ? "-" : formatSeconds(one.duration_sec),
  String(one.exit_code ?? "-"),
  String(one.pid ?? "-"),
];

const renderViolations = (violations: readonly Violation[]): string =>
  formatTable(["ENDED", "JOB", "REASON", "DURATION", "EXIT", "PID"], violations.map(rowOf));
