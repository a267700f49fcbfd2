import { readFileSync } from "node:fs";
import type { CpuAlert } from "../../../cgroup/cpu/index.ts";
import { defaultSchedulerOptions, ScxBackend } from "../../../cgroup/cpu/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { ResolvedScheduler } from "../../resolve/index.ts";
import type { Death, RunningScheduler, SchedulerSource } from "../ports.ts";
import type { HostGroups } from "./host-groups.ts";

/** Tasks that came into a group by a move are given to the scheduler so soon: they come without a word. */
const adoptEveryMs = 100;
/** The loader speaks so often, and is missed when it does not. */
const heartbeatMs = 1000;

/** What the kernel put away because of an error of the scheduler's is a crash; what was told to end is not. */
const deathOf = ({ kind, reason, message, state }: CpuAlert): Death => ({
  how: kind === "died" ? "unknown" : "crashed",
  reason: `${`${reason} ${message}`.trim()} (sched_ext is ${state})`,
});

/** Directories of the groups that a scheduler is to have, as far as they are there. */
function directoriesOf(groups: HostGroups, { groups: names, full }: ResolvedScheduler): readonly string[] {
  if (full) return [];
  return (names ?? [""]).flatMap((name) => (groups.isThere(name) ? [groups.directory(name)] : []));
}

/** Boosts groups that are there, each once. @throws CorralError SCHEDULER_UNAVAILABLE when the scheduler has no place for one */
async function boostGroups(backend: ScxBackend, groups: HostGroups, boosts: Set<ResolvedScheduler["boosts"][number]>) {
  for (const boost of boosts) {
    const { cgroup, budgetMs, periodMs } = boost;
    if (!groups.isThere(cgroup)) continue;
    boosts.delete(boost);
    const refused = await backend.boost(groups.directory(cgroup), { budgetMs, periodMs });
    if (refused !== null) throw new CorralError("SCHEDULER_UNAVAILABLE", `no boost: ${refused}`, { object: cgroup });
  }
}

/** Gives groups that come later, and tasks that are moved, to the scheduler too. */
async function keepAdopting(backend: ScxBackend, groups: HostGroups, scheduler: ResolvedScheduler) {
  const unboosted = new Set(scheduler.boosts);
  const adopt = async (): Promise<void> => {
    for (const directory of directoriesOf(groups, scheduler)) backend.adopt(directory);
    await boostGroups(backend, groups, unboosted);
  };
  await adopt();
  // A group may be removed meanwhile: the next look finds what is there then.
  const timer = setInterval(() => void adopt().catch(() => {}), adoptEveryMs);
  return () => clearInterval(timer);
}

async function attach(groups: HostGroups, scheduler: ResolvedScheduler): Promise<RunningScheduler> {
  let die: (death: Death) => void = () => {};
  const ended = new Promise<Death>((resolve) => {
    die = resolve;
  });
  const { full, sliceUs, fifo, watchdogMs } = scheduler;
  const options = { ...defaultSchedulerOptions, full, sliceUs, fifo, timeoutMs: watchdogMs, intervalMs: heartbeatMs };
  const backend = await ScxBackend.open(options, { onAlert: (alert) => die(deathOf(alert)) });
  const stopAdopting = await keepAdopting(backend, groups, scheduler).catch(async (thrown: unknown) => {
    await backend.close();
    throw thrown;
  });
  return {
    name: scheduler.name,
    pid: backend.pid,
    ended,
    release: () => {},
    stop: async () => {
      stopAdopting();
      await backend.close();
    },
  };
}

function stateOfExt(): string {
  try {
    return readFileSync("/sys/kernel/sched_ext/state", "latin1").trim();
  } catch {
    return "absent";
  }
}

/** Corral's own scheduler, for groups of a scenario. */
export const hostScheduler = (groups: HostGroups): SchedulerSource => ({
  attach: (scheduler) => attach(groups, scheduler),
  state: stateOfExt,
});
