import type { GroupHandle } from "../../cgroup/index.ts";
import { eventsFile } from "../../cgroup/index.ts";
import type { ProcessIdentity, ProcessStat } from "../../kernel/index.ts";
import { bootId, identityOf, isRunning, listPids, readProcessStat, signalProcess } from "../../kernel/index.ts";
import { groupOfRecord } from "../recorded-job.ts";
import type { StartRecord } from "../start-record.ts";
import type { ChangeSources } from "./changes.ts";

/** The processes that make up a workload, wherever they can be found, and the ways to end them. */
export interface WorkloadProcesses {
  /** Those that live now. */
  readonly living: () => readonly ProcessIdentity[];
  /** Sends a signal to every one, those that are born meanwhile included. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends them by force, as far as one call can; ask again until none lives. */
  readonly kill: () => void;
  /** What announces that one of them has ended. */
  readonly sources: () => ChangeSources;
}

/** Most processes of a group whose end is awaited one by one. */
const mostWatched = 64;
/** A workload that forks faster than it is signalled is not followed further. */
const maxPasses = 50;

const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;

/** Sends a signal once to each process that `list` names, until it names no new ones, as systemd does. */
function signalEach(
  list: () => readonly ProcessIdentity[],
  signal: NodeJS.Signals,
  stillMeant: (identity: ProcessIdentity) => boolean,
): void {
  const done = new Set<string>();
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const fresh = list().filter((one) => !done.has(keyOf(one)));
    if (fresh.length === 0) return;
    for (const one of fresh) {
      done.add(keyOf(one));
      signalProcess(one, signal, () => stillMeant(one));
    }
  }
}

function ofGroup(group: GroupHandle): WorkloadProcesses {
  const living = (): ProcessIdentity[] => group.processes().flatMap((pid) => identityOf(pid) ?? []);
  const events = eventsFile(group);
  return {
    living,
    // What has the pid while it is pinned and in the group is the one that was meant.
    signal: (signal) => signalEach(living, signal, ({ pid }) => group.processes().includes(pid)),
    kill: () => group.kill(),
    // The kernel holds events of a group back for a moment, and tells none of a group that is removed meanwhile.
    sources: () => ({
      paths: events === null ? [] : [events],
      processes: living().slice(0, mostWatched),
      silent: events === null,
    }),
  };
}

const identityOfStat = ({ pid, startTicks }: ProcessStat): ProcessIdentity => ({ bootId: bootId(), pid, startTicks });

/** Every living process, parents' pids included, in one pass over /proc. */
const everyProcess = (): ProcessStat[] =>
  listPids().flatMap((pid) => {
    const stat = readProcessStat(pid);
    return stat === null || (stat.state === "Z" && stat.numThreads <= 1) ? [] : [stat];
  });

/** Those of `all` that are among `roots`, descend from them, or are in their process group. */
function reach(all: readonly ProcessStat[], roots: ReadonlySet<number>, processGroup: number | null): ProcessStat[] {
  const pids = new Set(roots);
  const found = new Set<ProcessStat>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const one of all) {
      if (found.has(one) || !(pids.has(one.pid) || pids.has(one.ppid) || one.pgrp === processGroup)) continue;
      found.add(one);
      pids.add(one.pid);
    }
  }
  return [...found];
}

/**
 * Without a group: the leader, what descends from it, and its process group where that is its own. What was found once is
 * remembered, since it can no longer be found when the leader is gone.
 */
function ofTree(leader: ProcessIdentity, ownProcessGroup: boolean): WorkloadProcesses {
  const known = new Map<string, ProcessIdentity>([[keyOf(leader), leader]]);
  const living = (): ProcessIdentity[] => {
    const all = everyProcess();
    const roots = [...known.values()].filter(isRunning);
    // A number names a process group of the leader's only while the leader lives: asked after the listing.
    const group = ownProcessGroup && isRunning(leader) ? leader.pid : null;
    for (const one of reach(all, new Set(roots.map(({ pid }) => pid)), group).map(identityOfStat))
      known.set(keyOf(one), one);
    for (const [key, one] of known) if (!isRunning(one)) known.delete(key);
    return [...known.values()];
  };
  const signal = (name: NodeJS.Signals): void => signalEach(living, name, () => true);
  return {
    living,
    signal,
    kill: () => signal("SIGKILL"),
    sources: () => ({ paths: [], processes: living(), silent: false }),
  };
}

const nothing: WorkloadProcesses = {
  living: () => [],
  signal: () => {},
  kill: () => {},
  sources: () => ({ paths: [], processes: [], silent: false }),
};

/** The processes of a recorded job. */
export function processesOf(record: StartRecord): WorkloadProcesses {
  const group = groupOfRecord(record);
  if (group !== null) return ofGroup(group);
  return record.workload === null ? nothing : ofTree(record.workload, record.process_group === "own");
}
