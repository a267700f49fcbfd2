import type { ExecEvent } from "../../events/index.ts";
import type { ProcessFacts } from "../../kernel/index.ts";
import { processFacts } from "../../kernel/index.ts";
import type { MatchFacts } from "../../kernel/match/index.ts";

/**
 * A process as rules see it, by what its exec told, which the kernel said and no process can make up; what was not told is
 * asked of /proc. A rule is so judged without a look at /proc, which takes longer than all else (docs/benchmarks.md).
 */
export function execFacts(event: ExecEvent): MatchFacts {
  const { tgid: pid, comm, ppid, uid, exe, argv, argvTruncated } = event;
  let asked: ProcessFacts | null = null;
  const rest = (): ProcessFacts => {
    asked ??= processFacts(pid);
    return asked;
  };
  // It runs: what it just did needs a thread.
  const stat = comm === null || ppid === null ? null : { comm, ppid, state: "R", numThreads: 1 };
  return {
    pid,
    get stat() {
      return stat ?? rest().stat;
    },
    get uids() {
      return uid === null ? rest().uids : { real: uid };
    },
    get argv() {
      return argv === null || argvTruncated ? rest().argv : argv;
    },
    get exe() {
      return exe === null ? rest().exe : { path: exe };
    },
    get cwd() {
      return rest().cwd;
    },
    get cgroup() {
      return rest().cgroup;
    },
    // Who has executed a program is none.
    kernelThread: false,
    get ageSec() {
      return rest().ageSec;
    },
  };
}
