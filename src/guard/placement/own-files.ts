import { readlinkSync, statSync } from "node:fs";
import type { MatchFacts } from "../../kernel/match/index.ts";

/** The mount namespace of a process; null: it is gone, or hides it. */
function mountsOf(pid: number | "self"): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return null;
  }
}

/** Whose paths are those of the host: the guard's, and process 1's where a unit gives the guard mounts of its own. */
const hostMounts = (): ReadonlySet<string | null> => new Set([mountsOf("self"), mountsOf(1)]);
let ours: ReadonlySet<string | null> | null = null;

/** The numbers of those namespaces. */
export const hostMountNumbers = (): readonly number[] =>
  [...hostMounts()].flatMap((mounts) => /^mnt:\[(\d+)\]$/.exec(mounts ?? "")?.[1] ?? []).map(Number);

const fileOf = (path: string): string => {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
};

/**
 * Whether the path of a process' program means that file to the guard. In a mount namespace of his own anybody mounts what he likes
 * at any path (`unshare --user --mount`): such a program must be the very file that the guard finds there.
 */
export function runsOurFile(pid: number, path: string): boolean {
  ours ??= hostMounts();
  const mounts = mountsOf(pid);
  if (mounts !== null && ours.has(mounts)) return true;
  try {
    return fileOf(`/proc/${pid}/exe`) === fileOf(path);
  } catch {
    return false;
  }
}

export type RunsOurFile = typeof runsOurFile;

/** No pattern for paths is for it, and so it neither places nor excepts. */
const strangeFile = { path: "" } as const;

/** The same process, with a program that no path is for. */
export const withStrangeFile = (facts: MatchFacts): MatchFacts => Object.create(facts, { exe: { value: strangeFile } });

/** The same process, whose program has a path only where that means the same file to the guard. Looks when it is asked for it. */
export const withOwnFile = (facts: MatchFacts, isOurs: RunsOurFile): MatchFacts =>
  Object.create(facts, {
    exe: {
      get: () => {
        const { exe, pid } = facts;
        return exe === null || isOurs(pid, exe.path) ? exe : strangeFile;
      },
    },
  });
