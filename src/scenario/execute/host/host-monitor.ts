import { readdirSync, readFileSync } from "node:fs";
import type { MonitorCpu } from "../../record/index.ts";
import type { MonitorLook } from "../ports.ts";

/** Files that the kernel shows its run queues in. Tests name their own. */
export interface MonitorFiles {
  readonly proc: string;
  /** Needs root and a mounted debugfs. */
  readonly schedDebug: string;
  /** Since Linux 6.15, while a sched_ext scheduler is loaded. */
  readonly schedExtEvents: string;
}

export const kernelFiles: MonitorFiles = {
  proc: "/proc",
  schedDebug: "/sys/kernel/debug/sched/debug",
  schedExtEvents: "/sys/kernel/sched_ext/root/events",
};

type Queue = Pick<MonitorCpu, "nrRunning" | "rqClockNs">;

function tryRead(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

const field = (section: string, name: string): string | null =>
  new RegExp(`^\\s*\\.${name}\\s*:\\s*(\\S+)$`, "m").exec(section)?.[1] ?? null;

/** `milliseconds.nanoseconds of one`, as the kernel prints times of its scheduler. */
const splitNs = (text: string): number => Math.round(Number(text) * 1e6);

/** Run queues as the kernel shows them for debugging: what a section says first is of the CPU's own queue. */
export function readSchedDebug(text: string): ReadonlyMap<number, Queue> {
  const queues = new Map<number, Queue>();
  for (const section of text.split(/^cpu#/m).slice(1)) {
    const running = field(section, "nr_running");
    const clock = field(section, "clock");
    if (running === null) continue;
    queues.set(Number.parseInt(section, 10), {
      nrRunning: Number(running),
      rqClockNs: clock === null ? null : splitNs(clock),
    });
  }
  return queues;
}

const numbersIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
};

interface Task {
  readonly runs: boolean;
  readonly cpu: number;
  /** Of its process. */
  readonly threads: number;
}

/** State, threads and CPU of a thread (proc_pid_stat(5), fields 3, 20 and 39). */
function taskOf(stat: string): Task {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { runs: fields[0] === "R", cpu: Number(fields[36] ?? 0), threads: Number(fields[17] ?? 1) };
}

const tasksIn = (stat: string | null): readonly Task[] => (stat === null ? [] : [taskOf(stat)]);

/** Threads of a process; most have one, which is read at once. */
function tasksOf(directory: string): readonly Task[] {
  const [first] = tasksIn(tryRead(`${directory}/stat`));
  if (first === undefined) return [];
  if (first.threads <= 1) return [first];
  return numbersIn(`${directory}/task`).flatMap((tid) => tasksIn(tryRead(`${directory}/task/${tid}/stat`)));
}

/** Threads that run or want to, by CPU, without those of this process: what /proc tells where run queues are not shown. */
export function countRunning(proc: string, self: number): ReadonlyMap<number, number> {
  const running = new Map<number, number>();
  for (const pid of numbersIn(proc)) {
    if (Number(pid) === self) continue;
    for (const { runs, cpu } of tasksOf(`${proc}/${pid}`)) if (runs) running.set(cpu, (running.get(cpu) ?? 0) + 1);
  }
  return running;
}

const msPerTick = 10;

/** Online CPUs, with the time that the host of a guest took from each (proc_stat(5)). */
function stolenTimes(proc: string): ReadonlyMap<number, number | null> {
  const stolen = new Map<number, number | null>();
  for (const [, cpu, times] of (tryRead(`${proc}/stat`) ?? "").matchAll(/^cpu(\d+) (.+)$/gm)) {
    const ticks = times?.split(" ")[7];
    stolen.set(Number(cpu), ticks === undefined ? null : Number(ticks) * msPerTick);
  }
  return stolen;
}

const counterIn = (text: string | null, name: string): number | null => {
  const found = text === null ? null : new RegExp(`^${name}:? (\\d+)$`, "m").exec(text);
  return found === null ? null : Number(found[1]);
};

/** We run while we look, and are not what is looked at. */
function withoutUs(queue: Queue, isOurs: boolean): Queue {
  return isOurs ? { ...queue, nrRunning: Math.max(0, queue.nrRunning - 1) } : queue;
}

/**
 * One look at the host's run queues. Without debugfs threads are counted, and no queue has a clock; no stock kernel shows
 * the local dispatch queues of sched_ext.
 * @param self our own pid
 */
export function lookAtHost(files: MonitorFiles = kernelFiles, self: number = process.pid): MonitorLook {
  const text = tryRead(files.schedDebug);
  const queues = text === null ? null : readSchedDebug(text);
  const ownCpu = taskOf(tryRead(`${files.proc}/thread-self/stat`) ?? "").cpu;
  const counted = queues === null ? countRunning(files.proc, self) : null;
  const queueOf = (cpu: number): Queue =>
    queues === null
      ? { nrRunning: counted?.get(cpu) ?? 0, rqClockNs: null }
      : withoutUs(queues.get(cpu) ?? { nrRunning: 0, rqClockNs: null }, cpu === ownCpu);
  const events = tryRead(files.schedExtEvents);
  return {
    cpus: [...stolenTimes(files.proc)].map(([cpu, stolenMs]) => ({
      cpu,
      ...queueOf(cpu),
      localDsqDepth: null,
      stolenMs,
    })),
    selectCpuFallbacks: counterIn(events, "SCX_EV_SELECT_CPU_FALLBACK"),
    dispatchKeepLasts: counterIn(events, "SCX_EV_DISPATCH_KEEP_LAST"),
  };
}

/** A look, and the CPU time that it took: on a busy host much more time may pass. */
export function measuredLook(): { readonly look: MonitorLook; readonly cpuMs: number } {
  const before = process.cpuUsage();
  const look = lookAtHost();
  const { user, system } = process.cpuUsage(before);
  return { look, cpuMs: (user + system) / 1000 };
}
