import { closeSync, openSync, readdirSync, readSync } from "node:fs";

interface Task {
  readonly runs: boolean;
  readonly cpu: number;
  /** Of its process. */
  readonly threads: number;
  /** It has ended, or is the kernel's own: it is never looked at again. */
  readonly isOut: boolean;
}

/** include/linux/sched.h */
const kernelThread = 0x0020_0000;

/** State, flags, threads and CPU of a thread (proc_pid_stat(5), fields 3, 9, 20 and 39). */
function taskOf(stat: string): Task {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    runs: fields[0] === "R",
    cpu: Number(fields[36] ?? 0),
    threads: Number(fields[17] ?? 1),
    isOut: fields[0] === "Z" || Math.floor(Number(fields[6]) / kernelThread) % 2 === 1,
  };
}

const line = Buffer.alloc(1024);

/** The beginning of a file; null when it is gone. Hundreds are read in a row: this is half the cost of readFileSync. */
function tryReadLine(path: string): string | null {
  try {
    const fd = openSync(path, "r");
    try {
      return line.toString("latin1", 0, readSync(fd, line, 0, line.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

function readTask(path: string): Task | null {
  const stat = tryReadLine(path);
  return stat === null ? null : taskOf(stat);
}

const numbersIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
};

/** CPU that this thread is on. */
export const ownCpu = (proc: string): number => readTask(`${proc}/thread-self/stat`)?.cpu ?? 0;

/** Counts, look after look, threads that run or want to: what /proc tells where run queues are not shown. */
export class RunningTasks {
  readonly #proc: string;
  readonly #self: number;
  /** Processes that need not be looked at again. */
  readonly #out = new Set<string>();

  /** @param self our own pid: who looks is not what is looked at */
  constructor(proc: string, self: number) {
    this.#proc = proc;
    this.#self = self;
  }

  /** By CPU, without those of the kernel. */
  count(): ReadonlyMap<number, number> {
    const running = new Map<number, number>();
    for (const pid of numbersIn(this.#proc)) {
      if (Number(pid) === this.#self || this.#out.has(pid)) continue;
      for (const { runs, cpu } of this.#tasksOf(pid)) if (runs) running.set(cpu, (running.get(cpu) ?? 0) + 1);
    }
    return running;
  }

  /** Threads of a process; most have one, which is read at once. */
  #tasksOf(pid: string): readonly Task[] {
    const directory = `${this.#proc}/${pid}`;
    const first = readTask(`${directory}/stat`);
    if (first?.isOut === true) this.#out.add(pid);
    if (first === null || first.isOut) return [];
    if (first.threads <= 1) return [first];
    return numbersIn(`${directory}/task`).flatMap((tid) => readTask(`${directory}/task/${tid}/stat`) ?? []);
  }
}
