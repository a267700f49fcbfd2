import { identityOf } from "../kernel/index.ts";
import type { CompactSubject, CompactTuning } from "../policy/index.ts";
import { CompactRun, compactDefaults, groupSubject, openSignals, processSubject } from "../policy/index.ts";
import { CorralError, parseNumberIn } from "../report/index.ts";
import type { adaptiveCompactFlags } from "./adaptive-flags.ts";
import { runAdaptive } from "./adaptive-run.ts";
import { durationOr, shareOr, sizeOr } from "./adaptive-values.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";

type CompactFlags = RawFlags<typeof adaptiveCompactFlags>;

const leastIntervalMs = 100;

/** @throws CorralError USAGE naming the flag */
function tuningOf(flags: CompactFlags): CompactTuning {
  const defaults = compactDefaults;
  return {
    intervalMs: durationOr(flags, "interval", defaults.intervalMs, leastIntervalMs),
    idleShare: shareOr(flags, "idle-cpu", defaults.idleShare),
    idleMs: durationOr(flags, "idle", defaults.idleMs, 0),
    pageoutMs: durationOr(flags, "pageout-after", defaults.pageoutMs, 0),
    coldEveryMs: durationOr(flags, "cold-every", defaults.coldEveryMs, 0),
    pageoutEveryMs: durationOr(flags, "pageout-every", defaults.pageoutEveryMs, 0),
    leastBytes: sizeOr(flags, "min-rss", defaults.leastBytes),
    leastGrowthBytes: sizeOr(flags, "min-growth", defaults.leastGrowthBytes),
    budgetMs: durationOr(flags, "budget", defaults.budgetMs, 1),
  };
}

function subjectOfPid(text: string): CompactSubject {
  const pid = flagValue("pid", text, (digits) => parseNumberIn(digits, 1, 4_194_304, { integer: true }));
  const identity = identityOf(pid);
  if (identity === null) throw new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: text });
  return processSubject(identity);
}

function subjectsOf({ pid, cgroup }: CompactFlags): readonly CompactSubject[] {
  if ((pid === undefined) === (cgroup === undefined)) {
    const message =
      pid === undefined ? "neither a process nor a group was named" : "--pid and --cgroup exclude each other";
    throw new CorralError("USAGE", message, { object: "--pid", fix: "give one of --pid and --cgroup" });
  }
  if (cgroup !== undefined) return [groupSubject(cgroup)];
  return [...new Set((pid ?? "").split(","))].map(subjectOfPid);
}

/**
 * `corral policy compact`: puts the memory of what is idle aside, until it is told to stop.
 * @throws CorralError USAGE, PROCESS_GONE, PROCESS_PROTECTED, CGROUP_PARENT
 */
export async function adaptiveCompactCommand(flags: CompactFlags): Promise<number> {
  const tuning = tuningOf(flags);
  const subjects = subjectsOf(flags);
  await using signals = openSignals();
  const dryRun = flags["dry-run"] === true;
  await runAdaptive(flags, (signal) =>
    subjects.map((subject) => new CompactRun({ subject, tuning, dryRun, signals, signal })),
  );
  return 0;
}
