import type { GroupHandle } from "../../cgroup/index.ts";
import { readControl } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isRunning, readAffinity, readNice, readOomScore } from "../../kernel/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";

/** A requested limit with what the kernel holds of it now. */
export interface CurrentLimit extends ConstraintOutcome {
  /** Read back now, in the kernel's words; null when it cannot be told. */
  readonly now: string | null;
}

const controlFile = /^[a-z_]+(\.[a-z_]+)+$/;

function readQuietly(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The text of a control file in whichever directory of the group has it, lines joined. */
function inGroup(group: GroupHandle, file: string): string | null {
  const [prefix = ""] = file.split(".", 1);
  const controller = prefix === "blkio" ? "io" : prefix;
  // A v1 directory may hold several controllers; the one that owns the file comes first.
  const owners = group.directories.filter(({ controllers }) => controllers.some((one) => one === controller));
  for (const { path } of owners) {
    const text = readQuietly(() => readControl(`${path}/${file}`));
    if (text !== null) return text.trim().split("\n").join("; ");
  }
  return null;
}

/** Attributes of the leader, by the system call that an outcome names. */
const ofLeader: Readonly<Record<string, (pid: number) => string>> = {
  setpriority: (pid) => String(readNice(pid)),
  oom_score_adj: (pid) => String(readOomScore(pid)),
  sched_setaffinity: (pid) => readAffinity(pid),
};

/** What stands now of one limit. Files of several names are read in the order of the outcome. */
export function readLimit(
  outcome: ConstraintOutcome,
  group: GroupHandle | null,
  leader: ProcessIdentity | null,
): CurrentLimit {
  const names = outcome.mechanism?.split(", ") ?? [];
  const attribute = ofLeader[names[0] ?? ""];
  if (attribute !== undefined && leader !== null && isRunning(leader))
    return { ...outcome, now: readQuietly(() => attribute(leader.pid)) };
  if (group === null || names.length === 0 || !names.every((name) => controlFile.test(name)))
    return { ...outcome, now: null };
  const texts = names.map((name) => inGroup(group, name));
  return { ...outcome, now: texts.includes(null) ? null : [...new Set(texts)].join(" ") };
}
