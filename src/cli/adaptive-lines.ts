import type { AdaptiveLine } from "../policy/index.ts";
import { formatBytes, formatSeconds } from "../report/index.ts";

type Lines = { readonly [L in AdaptiveLine as L["event"]]: (line: L) => string };

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 3 : 1)} %`;

/** Each line for people. */
const lines: Lines = {
  started: ({ subject, policy, mechanism, mechanism_reason, dry_run }) =>
    `${policy} of ${subject}, told by ${mechanism} (${mechanism_reason})${dry_run ? "; dry run" : ""}`,
  reclaim: ({ current_bytes, stall_share, asked_bytes, reclaimed_bytes, reason }) => {
    const took =
      asked_bytes === 0 ? "" : `; asked for ${formatBytes(asked_bytes)}, got ${formatBytes(reclaimed_bytes ?? 0)}`;
    return `${formatBytes(current_bytes)} in use, stalled ${percent(stall_share)}${took}; ${reason}`;
  },
  reclaim_summary: (s) =>
    [
      `${s.subject}: ${formatBytes(s.before_bytes)} before, ${formatBytes(s.after_bytes)} after ${formatSeconds(s.duration_sec)} (${percent(s.saved_share)} saved); ${s.why}`,
      `asked for ${formatBytes(s.asked_bytes)} in ${s.reclaims} of ${s.intervals} intervals, got ${formatBytes(s.reclaimed_bytes)}; ${formatBytes(s.swap_bytes ?? 0)} in swap`,
      `stalled ${percent(s.stall_share)} of the time, target ${percent(s.target_share)}; worst interval ${percent(s.stall_share_most)}, ${s.intervals_above_target} above the target`,
      `read back: ${s.refaults_anon} pages of anonymous memory, ${s.refaults_file} of files; Corral used ${s.corral_cpu_ms.toFixed(0)} ms of CPU`,
    ].join("\n"),
  compact: ({ subject, reason, rss_bytes, cpu_share, advised_bytes, took_ms }) => {
    const did = advised_bytes === 0 ? "" : `; advised about ${formatBytes(advised_bytes)} in ${took_ms.toFixed(1)} ms`;
    return `${subject}: ${reason}; ${formatBytes(rss_bytes)} resident, ${percent(cpu_share)} of a CPU${did}`;
  },
  compact_summary: (s) =>
    [
      `${s.subject}: ${formatBytes(s.before_rss_bytes)} resident before, ${formatBytes(s.least_rss_bytes)} at least (${percent(s.saved_share)} saved), ${formatBytes(s.after_rss_bytes)} after ${formatSeconds(s.duration_sec)}; ${s.why}`,
      `made cold ${s.colds} times, paged out ${s.compactions} times, woke ${s.wakes} times; ${formatBytes(s.swap_bytes)} in swap`,
      ...(s.before_group_bytes === null
        ? []
        : [
            `its group: ${formatBytes(s.before_group_bytes)} before, ${formatBytes(s.least_group_bytes ?? 0)} at least`,
          ]),
      `the kernel was busy with it for ${s.took_ms.toFixed(1)} ms, ${s.longest_call_ms.toFixed(1)} ms at once at most; ${s.major_faults} major faults`,
    ].join("\n"),
};

export const adaptiveLine = (line: AdaptiveLine): string => (lines[line.event] as (one: AdaptiveLine) => string)(line);
