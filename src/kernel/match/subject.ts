/** The parts of a process that rules look at (kernel's ProcessFacts has them all). A fact that cannot be read is null. */
export interface MatchFacts {
  readonly pid: number;
  readonly stat: {
    readonly comm: string;
    readonly ppid: number;
    readonly state: string;
    readonly numThreads: number;
  } | null;
  readonly uids: { readonly real: number } | null;
  readonly argv: readonly string[] | null;
  readonly exe: { readonly path: string } | null;
  readonly cwd: { readonly path: string } | null;
  /** The lines of /proc/PID/cgroup (cgroups(7)). */
  readonly cgroup: string | null;
  readonly kernelThread: boolean | null;
  readonly ageSec: number | null;
}

/** Keeps what was read first, so that one judgement sees one state. */
function once<T>(read: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: read() };
    return kept.value;
  };
}

/** A process as rules see it: facts in the form that patterns are held against, each made when a rule first asks. */
export interface MatchSubject {
  readonly pid: number;
  readonly comm: () => string | null;
  readonly uid: () => number | null;
  /** The arguments with a space between each; null also when there are none, as for zombies. */
  readonly argv: () => string | null;
  readonly exe: () => string | null;
  readonly cwd: () => string | null;
  /** The group's path in each hierarchy. */
  readonly groups: () => readonly string[] | null;
  readonly ageSec: () => number | null;
  readonly parent: () => MatchSubject | null;
}

/** The paths in /proc/PID/cgroup, whose lines are `ID:CONTROLLERS:PATH`. */
export function groupPaths(lines: string): readonly string[] {
  return lines
    .split("\n")
    .map((line) => /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

const joined = (argv: readonly string[]): string | null => (argv.length === 0 ? null : argv.join(" "));

/** A process that rules can be held against. @param factsOf finds the parent's facts */
export function toSubject(facts: MatchFacts, factsOf: (pid: number) => MatchFacts): MatchSubject {
  return {
    pid: facts.pid,
    comm: () => facts.stat?.comm ?? null,
    uid: () => facts.uids?.real ?? null,
    argv: once(() => (facts.argv === null ? null : joined(facts.argv))),
    exe: () => facts.exe?.path ?? null,
    cwd: () => facts.cwd?.path ?? null,
    groups: once(() => (facts.cgroup === null ? null : groupPaths(facts.cgroup))),
    ageSec: once(() => facts.ageSec),
    parent: once(() => {
      const ppid = facts.stat?.ppid ?? 0;
      return ppid === 0 ? null : toSubject(factsOf(ppid), factsOf);
    }),
  };
}
