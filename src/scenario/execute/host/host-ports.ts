import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listDisks, planLimits } from "../../../cgroup/index.ts";
import { systemClock } from "../../clock/index.ts";
import type { EngineLimits } from "../limits.ts";
import type { Ports, SchedulerSource } from "../ports.ts";
import { GroupLooks } from "./group-looks.ts";
import { HostGroups } from "./host-groups.ts";
import { HostMonitor } from "./host-monitor.ts";
import { awaitPressure } from "./host-pressure.ts";
import { programStarter } from "./host-programs.ts";
import { hostTasks } from "./host-tasks.ts";
import { hostWorkers } from "./host-workers.ts";
import { scratchPrefix } from "./leftovers.ts";
import type { ScenarioMark } from "./scenario-record.ts";

/** Makes a directory for IO when the first worker wants one; it is on record before it is there. */
function scratchMaker(mark: ScenarioMark): () => string {
  let made: string | null = null;
  return () => {
    if (made !== null) return made;
    const scratch = join(tmpdir(), `${scratchPrefix}${mark.record.run_id}-${randomBytes(6).toString("hex")}`);
    mark.change({ scratch });
    mkdirSync(scratch, { mode: 0o700 });
    made = scratch;
    return made;
  };
}

export interface HostPortsOptions {
  /** As `--cgroup-parent`; null: where a job's group would be made. */
  readonly cgroupParent: string | null;
  readonly limits: EngineLimits;
  readonly onNote: (note: string) => void;
  readonly scheduler: (groups: HostGroups) => SchedulerSource;
}

/** The kernel of this host, for one run. */
export function hostPorts(mark: ScenarioMark, { cgroupParent, limits, onNote, scheduler }: HostPortsOptions): Ports {
  const groups = new HostGroups(mark, cgroupParent, limits.clearWaitMs);
  const looks = new GroupLooks(groups);
  groups.onGone = (name) => looks.forget(name);
  const facts = { bfq: listDisks(groups.host.unified?.mountPoint ?? null).some((disk) => disk.scheduler === "bfq") };
  const monitor = new HostMonitor();
  return {
    clock: systemClock,
    files: groups,
    workers: hostWorkers(limits.workerKillMs),
    startProgram: programStarter(groups, limits.drainMs),
    scheduler: scheduler(groups),
    tasks: hostTasks(onNote),
    planLimits: (limits) => planLimits(limits, groups.host, facts),
    look: (name) => looks.look(name),
    monitor: () => monitor.measuredLook(),
    pressure: (wait, signal) => awaitPressure(groups, wait, signal),
    storage: scratchMaker(mark),
    random: Math.random,
  };
}
