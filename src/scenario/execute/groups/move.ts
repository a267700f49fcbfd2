import { CorralError } from "../../../report/index.ts";
import type { Clock } from "../../clock/index.ts";
import type { EngineLimits } from "../limits.ts";
import type { GroupFiles } from "./group-files.ts";

/** A group that is busy is tried again so often, with a pause before each time. */
export const busyRetries = 3;

export interface Movers {
  readonly files: GroupFiles;
  readonly clock: Clock;
  readonly limits: Pick<EngineLimits, "busyPauseMs" | "emptyWaitMs">;
  readonly warn: (line: string) => void;
}

const foundIn = (thrown: unknown): string | null => CorralError.from(thrown).found;

/** The kernel refuses processes where there are CPUs and no memory node, with an errno that says nothing. */
function refuseWithoutMemory(files: GroupFiles, to: string): void {
  if (!files.has("cpuset")) return;
  if (files.read(to, "cpuset", "cpuset.cpus").trim() === "") return;
  if (readMems(files, to) !== "") return;
  throw new CorralError("CGROUP_IO", `the group ${to} has CPUs and no memory node`, {
    object: to,
    fix: "give it cpuset-mems",
  });
}

/** v1 has no file of what is in force: there a group has what is written. */
function readMems(files: GroupFiles, name: string): string {
  try {
    return files.read(name, "cpuset", "cpuset.mems.effective").trim();
  } catch {
    return files.read(name, "cpuset", "cpuset.mems").trim();
  }
}

async function joinPatiently({ files, clock, limits }: Movers, to: string, pid: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await files.join(to, pid);
    } catch (thrown) {
      if (foundIn(thrown) !== "EBUSY" || attempt === busyRetries) throw thrown;
      await clock.sleep(limits.busyPauseMs);
    }
  }
}

/**
 * Puts processes into a group. One that has ended is a warning; when all have, that is an error.
 * @throws CorralError CGROUP_IO, PROCESS_GONE
 */
export async function placeProcesses(movers: Movers, to: string, pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  refuseWithoutMemory(movers.files, to);
  let gone = 0;
  for (const pid of pids) {
    try {
      await joinPatiently(movers, to, pid);
    } catch (thrown) {
      if (foundIn(thrown) !== "ESRCH") throw thrown;
      gone += 1;
      movers.warn(`process ${pid} ended before it was moved to ${to}`);
    }
  }
  if (gone < pids.length) return;
  throw new CorralError("PROCESS_GONE", `none of ${gone} processes was left to move to ${to}`, { object: to });
}

/** A group that is to hold processes passes no controller on (cgroup-v2.rst, "No Internal Process Constraint"). */
export async function clearSubtree({ files }: Pick<Movers, "files">, name: string): Promise<void> {
  const enabled = files.read(name, "unified", "cgroup.subtree_control").trim();
  if (enabled === "") return;
  const words = enabled.split(/\s+/).map((controller) => `-${controller}`);
  await files.write(name, "unified", "cgroup.subtree_control", words.join(" "));
}
