import type { SchedulerStats } from "../cgroup/cpu/index.ts";
import { counterNames } from "../cgroup/cpu/index.ts";
import { quote } from "../report/index.ts";

/** Without -v the groups that used most. */
const mostRows = 10;
const main = ["act", "deact", "local", "global", "keep", "expire", "next", "throttle", "boost"] as const;

const row = (group: string, weight: string, cpu: string, ms: string, runnable: string): string =>
  `  ${group.padEnd(40)} ${weight.padStart(6)} ${cpu.padStart(7)} ${ms.padStart(10)} ${runnable.padStart(8)}\n`;

const shown = (path: string | null, id: number): string => {
  if (path === null) return `(gone, ${id})`;
  return /^[\x21-\x7e]+$/.test(path) ? path : quote(path, 200);
};

/** One interval for people. */
export function statsText(
  { interval_sec, cpu_percent, counters, groups, adopted }: SchedulerStats,
  verbose: boolean,
): string {
  const names = verbose ? counterNames : main;
  const numbers = names.map((name) => `${name} ${counters[name]}`).join("  ");
  const rows = (verbose ? groups : groups.slice(0, mostRows)).map(
    ({ path, id, weight, cpu_percent: cpu, cpu_ms, runnable }) =>
      row(shown(path, id), String(weight), `${cpu.toFixed(1)} %`, cpu_ms.toFixed(1), String(runnable)),
  );
  const more = groups.length - rows.length;
  return [
    `${interval_sec.toFixed(1)} s  cpu ${cpu_percent.toFixed(1)} %${adopted > 0 ? `  adopted ${adopted}` : ""}\n  ${numbers}\n`,
    ...(rows.length > 0 ? [row("GROUP", "WEIGHT", "CPU", "MS", "RUNNABLE")] : []),
    ...rows,
    ...(more > 0 ? [`  … and ${more} more\n`] : []),
  ].join("");
}
