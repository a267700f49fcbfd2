import type { RunningProcess } from "../../events/tree/index.ts";
import { listPids, processFacts, taskFlags, uptimeTicks } from "../../kernel/index.ts";
import { groupPaths } from "../../kernel/match/index.ts";
import type { AdoptedProcess, LookedUp, Needs, Remembered } from "../engine/index.ts";

/** USER_HZ is 100 on every architecture that Node runs on. */
const nsPerTick = 10_000_000n;

/** The path of the group that memory is charged to, of the lines of /proc/PID/cgroup: that of the v1 controller, else of v2. */
export function memoryGroupOf(lines: string): string | null {
  const groups = lines.split("\n").flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    return match === null ? [] : [{ controllers: (match[1] ?? "").split(","), path: match[2] ?? "" }];
  });
  const charged = groups.find(({ controllers }) => controllers.includes("memory"));
  return (charged ?? groups.find(({ controllers }) => controllers[0] === ""))?.path ?? null;
}

/** Looks up what the rules ask for and events do not tell; null when they ask for nothing. */
export function lookUp(pid: number, needs: Needs): LookedUp | null {
  if (!needs.groups && !needs.cwd) return null;
  const facts = processFacts(pid);
  const { groups, memoryGroup } = needs.groups && facts.cgroup !== null ? groupsOf(facts.cgroup) : noGroups;
  return { groups, memoryGroup, cwd: needs.cwd ? (facts.cwd?.path ?? null) : null };
}

type Groups = Pick<LookedUp, "groups" | "memoryGroup">;

const noGroups: Groups = { groups: null, memoryGroup: null };

/** By the lines of /proc/PID/cgroup: most processes are where others are. */
const knownGroups = new Map<string, Groups>();
const knownMost = 512;

function groupsOf(lines: string): Groups {
  const known = knownGroups.get(lines);
  if (known !== undefined) return known;
  if (knownGroups.size >= knownMost) knownGroups.clear();
  const found = { groups: groupPaths(lines), memoryGroup: memoryGroupOf(lines) };
  knownGroups.set(lines, found);
  return found;
}

/** CLOCK_MONOTONIC of a start, as near as its ticks tell: suspended time between it and now makes it seem earlier. */
function startNsOf(startTicks: number): bigint {
  const agoTicks = uptimeTicks() - startTicks;
  return process.hrtime.bigint() - BigInt(Math.max(0, agoTicks)) * nsPerTick;
}

/** Everything that runs now. Threads of the kernel are no processes to a rule. */
export function processesNow(
  needs: Needs,
  remembered: (process: RunningProcess) => Remembered | null,
): AdoptedProcess[] {
  return listPids().flatMap((pid): AdoptedProcess[] => {
    const facts = processFacts(pid);
    const { stat, identity } = facts;
    if (stat === null || identity === null || (stat.state === "Z" && stat.numThreads <= 1)) return [];
    const process: RunningProcess = {
      tgid: pid,
      identity,
      ppid: stat.ppid,
      executed: (stat.flags & taskFlags.neverExecuted) === 0,
      program: { comm: stat.comm, exe: facts.exe?.path ?? null, argv: facts.argv, argvTruncated: false },
      uid: facts.uids?.real ?? null,
      cgroupId: null,
    };
    const lookedUp = lookUp(pid, needs);
    return [{ process, lookedUp, startNs: startNsOf(identity.startTicks), remembered: remembered(process) }];
  });
}

/** What was looked up of everything that runs now, for rules that were not there before. */
export const lookUpAll = (needs: Needs): ReadonlyMap<number, LookedUp> =>
  new Map(
    listPids().flatMap((pid) => {
      const found = lookUp(pid, needs);
      return found === null ? [] : [[pid, found] as const];
    }),
  );
