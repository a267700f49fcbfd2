/** Scheduling policies of `sched_setscheduler(2)`. */
export const schedPolicies = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5, ext: 7 } as const;

/** Classes of `ioprio_set(2)`. */
export const ioprioClasses = { none: 0, realtime: 1, bestEffort: 2, idle: 3 } as const;

/** Resources of `setrlimit(2)`, numbers of include/uapi/asm-generic/resource.h (x86 and arm64 alike). */
export const rlimits = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const;

/** Bits of `ProcessStat.flags` (PF_*, include/linux/sched.h). */
export const taskFlags = { exiting: 0x4, neverExecuted: 0x40, kernelThread: 0x20_0000 } as const;

// Second names of a number that already has a better known one.
const aliases = new Set(["SIGIOT", "SIGPOLL", "SIGUNUSED", "SIGCLD"]);
// As glibc and musl have it: the kernel's first real-time signals are kept for the threads library.
const firstRealtime = 34;
const lastRealtime = 64;

/**
 * Signal numbers by name, of include/uapi/asm-generic/signal.h (x86 and arm64 alike); a test compares them with
 * `os.constants.signals`, which would cost a cold start 0.4 ms.
 */
export const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGIOT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

let signalNames: ReadonlyMap<number, string> | null = null;

/** Made when a signal is to be named: most runs end without. */
function namesOfSignals(): ReadonlyMap<number, string> {
  signalNames ??= new Map(
    Object.entries(signalNumbers)
      .filter(([name]) => !aliases.has(name))
      .map(([name, number]) => [number, name]),
  );
  return signalNames;
}

/** `SIGKILL` for 9, `SIGRTMIN+1` for 35; null for a number that is no signal. */
export function signalName(number: number): string | null {
  const name = namesOfSignals().get(number);
  if (name !== undefined) return name;
  if (number === firstRealtime) return "SIGRTMIN";
  return number > firstRealtime && number <= lastRealtime ? `SIGRTMIN+${number - firstRealtime}` : null;
}

/** Number of `SIGTERM`, `TERM`, `term`, `15` or `SIGRTMIN+1`; null for anything else. */
export function signalNumber(text: string): number | null {
  if (/^[0-9]+$/.test(text)) return signalName(Number(text)) === null ? null : Number(text);
  const upper = text.toUpperCase();
  const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  const realtime = /^SIGRTMIN(?:\+([0-9]+))?$/.exec(name);
  if (realtime === null) return Object.hasOwn(signalNumbers, name) ? (signalNumbers[name] ?? null) : null;
  const number = firstRealtime + Number(realtime[1] ?? 0);
  return number <= lastRealtime ? number : null;
}
