import type { PolicySummary } from "../policy/index.ts";
import { counted, formatBytes, formatTable, quote } from "../report/index.ts";

type Latency = PolicySummary["ack_latency"];

const ms = (us: number | null): string => (us === null ? "-" : `${(us / 1000).toFixed(3)} ms`);
const latencyLine = (name: string, { count, p50_us, p99_us, max_us }: Latency): string =>
  count === 0 ? "" : `${name}: p50 ${ms(p50_us)}, p99 ${ms(p99_us)}, longest ${ms(max_us)} of ${count}\n`;

const signed = (bytes: number): string => (bytes < 0 ? `-${formatBytes(-bytes)}` : formatBytes(bytes));

/** A summary for people: one line per rule and outcome, then the figures. */
export function renderPolicySummary(summary: PolicySummary): string {
  const rows = summary.rules.flatMap(({ rule, action, outcomes }) =>
    Object.entries(outcomes)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => [quote(rule).slice(1, -1), quote(action).slice(1, -1), outcome, String(count)]),
  );
  return [
    rows.length === 0 ? "no attempts\n" : formatTable(["RULE", "ACTION", "OUTCOME", "ATTEMPTS"], rows),
    `${counted(summary.attempts, "attempt")}, ${summary.acknowledged} acknowledged`,
    summary.no_attempts === 0
      ? ""
      : `, ${counted(summary.no_attempts, "row")} that ${summary.no_attempts === 1 ? "was" : "were"} none`,
    summary.saved_bytes === 0 ? "" : `, ${signed(summary.saved_bytes)} saved`,
    summary.degraded === 0 ? "" : `, ${summary.degraded} while events were lost`,
    "\n",
    latencyLine("request to acknowledgement", summary.ack_latency),
    latencyLine("deadline to action", summary.lateness),
    summary.lost_events ? `${counted(summary.lost_events, "event")} lost\n` : "",
    summary.dropped_records === 0 ? "" : `${counted(summary.dropped_records, "record")} could not be written\n`,
  ].join("");
}
