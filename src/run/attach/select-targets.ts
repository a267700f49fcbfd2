import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, listPids, processFacts } from "../../kernel/index.ts";
import { CorralError, nameGlob, quote } from "../../report/index.ts";
import type { StateDirectories } from "../state-dir.ts";
import { alreadyGoverned, jobOfProcess, lineageOf } from "./governed.ts";
import { refuseProtected, targetFacts } from "./guards.ts";
import { ourSelf } from "./ourselves.ts";

/** A process that descends from another one that was asked for, and so belongs to that one's tree. */
export interface JoinedProcess {
  readonly pid: number;
  readonly root: number;
}

/** A process that will not be attached to. */
export interface RefusedProcess {
  readonly pid: number;
  readonly error: CorralError;
}

/** What a wish for processes comes to: one job for each target. */
export interface Selection {
  readonly targets: readonly ProcessIdentity[];
  readonly joined: readonly JoinedProcess[];
  /** Asked for by pid, and gone. */
  readonly refused: readonly RefusedProcess[];
  /** Found by name, and protected or governed already. */
  readonly passedOver: readonly RefusedProcess[];
}

export const processGone = (pid: number): CorralError =>
  new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: String(pid) });

/** Pids from a process up to process 1, itself left out. */
const ancestorsOf = (pid: number): number[] =>
  lineageOf(pid)
    .slice(1)
    .map((one) => one.pid);

/**
 * One job per tree: who descends from another one that is wanted belongs to its tree. Without trees each is a job of its
 * own, descendants first, because what descends from a governed process counts as governed.
 */
function arrange(wanted: readonly ProcessIdentity[], tree: boolean): Pick<Selection, "targets" | "joined"> {
  const pids = new Set<number>(wanted.map(({ pid }) => pid));
  const above = new Map<number, readonly number[]>(wanted.map(({ pid }) => [pid, ancestorsOf(pid)]));
  const depth = (pid: number): number => above.get(pid)?.length ?? 0;
  if (!tree) return { targets: wanted.toSorted((a, b) => depth(b.pid) - depth(a.pid)), joined: [] };
  const rootOf = (pid: number): number | undefined => above.get(pid)?.findLast((one) => pids.has(one));
  return {
    targets: wanted.filter(({ pid }) => rootOf(pid) === undefined),
    joined: wanted.flatMap(({ pid }) => {
      const root = rootOf(pid);
      return root === undefined ? [] : [{ pid, root }];
    }),
  };
}

/** The processes that have these pids now; the guards judge them when they are attached to. */
export function selectByPid(pids: readonly number[], tree: boolean): Selection {
  const found = [...new Set(pids)].map((pid) => ({ pid, identity: identityOf(pid) }));
  return {
    ...arrange(
      found.flatMap(({ identity }) => identity ?? []),
      tree,
    ),
    refused: found.filter(({ identity }) => identity === null).map(({ pid }) => ({ pid, error: processGone(pid) })),
    passedOver: [],
  };
}

/** Why a process that only its name chose is passed over; null when it is to be attached to. */
function passOver(pid: number, directories: StateDirectories): CorralError | null {
  try {
    refuseProtected(targetFacts(processFacts(pid)), ourSelf());
  } catch (thrown) {
    return CorralError.from(thrown);
  }
  const job = jobOfProcess(directories, pid);
  return job === null ? null : alreadyGoverned(pid, job);
}

function readPattern(pattern: string): (name: string) => boolean {
  try {
    return nameGlob(pattern);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new CorralError("USAGE", `the pattern of --comm ${thrown.message}`, { object: pattern, cause: thrown });
  }
}

/**
 * The living processes whose name fits. A name is what a process calls itself (proc_pid_comm(5)), at most 15 bytes: good
 * for finding, worth nothing as proof. Protected and governed ones are passed over.
 * @throws CorralError USAGE for a malformed pattern, PROCESS_GONE when nothing is left
 */
export function selectByComm(pattern: string, tree: boolean, directories: StateDirectories): Selection {
  const fits = readPattern(pattern);
  const matching = listPids().flatMap((pid) => {
    const { stat, identity } = processFacts(pid);
    const alive = stat !== null && (stat.state !== "Z" || stat.numThreads > 1);
    return alive && identity !== null && fits(stat.comm) ? [identity] : [];
  });
  const passedOver = matching.flatMap(({ pid }) => {
    const error = passOver(pid, directories);
    return error === null ? [] : [{ pid, error }];
  });
  const passed = new Set<number>(passedOver.map(({ pid }) => pid));
  const left = matching.filter(({ pid }) => !passed.has(pid));
  if (left.length === 0) throw nothingLeft(pattern, passedOver);
  return { ...arrange(left, tree), refused: [], passedOver };
}

function nothingLeft(pattern: string, passedOver: readonly RefusedProcess[]): CorralError {
  const why = passedOver
    .slice(0, 3)
    .map(({ error }) => error.message)
    .join("; ");
  return passedOver.length === 0
    ? new CorralError("PROCESS_GONE", `no process is named like ${quote(pattern)}`, {
        object: pattern,
        fix: "a name has at most 15 bytes; ps -eo pid,comm shows them",
      })
    : new CorralError("PROCESS_GONE", `no process named like ${quote(pattern)} can be attached to: ${why}`, {
        object: pattern,
      });
}
