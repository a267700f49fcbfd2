import { existsSync, writeSync } from "node:fs";
import { CorralError } from "../report/index.ts";
import type { NativeAttributes } from "./native-attributes.ts";
import { attributeCalls } from "./native-attributes.ts";
import type { NativeBpfCalls } from "./native-bpf.ts";
import { bpfCalls } from "./native-bpf.ts";
import { nativeCallError } from "./native-error.ts";
import type { NativeMemory } from "./native-memory.ts";
import { memoryCalls } from "./native-memory.ts";
import type { NativeSockets } from "./native-sockets.ts";
import { socketCalls } from "./native-sockets.ts";
import { packageRoot } from "./package-root.ts";

/** Event bits of `watchFd`; the numbers are libuv's (uv_poll_start). */
export const fdEvents = { readable: 1, writable: 2, disconnect: 4, priority: 8 } as const;

/** A watch on a descriptor that it does not own: close the watcher first, then the descriptor. */
export interface FdWatcher {
  /** Stops and frees the watch. Idempotent; the callback never runs afterwards. */
  close(): void;
  /** Watches for other events (`fdEvents`) from now on. */
  setEvents(events: number): void;
  /** Lets the watch keep the event loop alive (the initial state). */
  ref(): void;
  /** Lets the process end although the watch is active. */
  unref(): void;
}

/**
 * Called on every readiness, level-triggered. `events` is a set of `fdEvents` bits. `status` is 0, or a
 * negative errno after which polling has stopped (then `events` is 0 and only `close()` is left).
 */
export type FdCallback = (events: number, status: number) => void;

/** How a child ended, from `waitid(2)`; rusage of the child and the descendants it waited for, `getrusage(2)`. */
export interface NativeExit {
  readonly code: number | null;
  readonly signal: number | null;
  readonly coreDumped: boolean;
  readonly userUs: number;
  readonly sysUs: number;
  readonly maxRssBytes: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly inBlocks: number;
  readonly outBlocks: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** `PIDFD_GET_INFO` (include/uapi/linux/pidfd.h, Linux 6.13). Fields that `mask` does not cover are 0. */
export interface PidfdInfo {
  /** Bits: 1 pid, 2 credentials, 4 cgroup id, 8 exit status. */
  readonly mask: number;
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly ruid: number;
  readonly rgid: number;
  readonly euid: number;
  readonly egid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  /** Inode number of the process's v2 group; still there after the process was reaped. */
  readonly cgroupId: bigint;
  /** In the form of `wait(2)`; null until the parent has reaped the process, and before Linux 6.15. */
  readonly exitStatus: number | null;
}

/** In place of a descriptor: a pipe that the addon makes, whose other end comes back in `pipes`. */
export const pipeFds = { writtenByChild: -2, readByChild: -3 } as const;

/** A child of the addon. The caller owns the close-on-exec descriptors and must reap it. */
export interface NativeChild {
  readonly pid: number;
  readonly pidfd: number;
  /** Our ends of the pipes in `fds`, in that order; -1 for the one that became `output`. */
  readonly pipes: readonly number[];
  /** `ru_maxrss` of this process at the spawn, getrusage(2). */
  readonly ownPeakRssBytes: number;
  /** All that came through the first pipe written by the child, when it closed in time; else null. */
  readonly output: string | null;
}

/**
 * What both spawn entries take; strings are byte strings, `argv` and `env` blocks of them (byte-text.ts). `fds[i]` becomes descriptor `i`, -1
 * leaves it closed, `pipeFds` make a pipe; higher descriptors follow their close-on-exec flag. `cgroup`: directory
 * of the v2 group to be born in, null: ours. `readMs`: how long the spawning thread waits after the exec for the first
 * pipe written by the child to close, 0: not at all.
 */
export type SpawnParameters = readonly [
  file: string,
  argv: string,
  env: string,
  cwd: string | null,
  fds: readonly number[],
  cgroup: string | null,
  readMs: number,
];

/**
 * The addon's functions as native/BOUNDARY.md specifies them, each wrapped so that a failed call is a
 * CorralError NATIVE_CALL with errno and syscall on its cause.
 */
export interface NativeAddon extends NativeAttributes, NativeMemory, NativeSockets, NativeBpfCalls {
  /**
   * clone3(CLONE_VM|CLONE_VFORK|CLONE_PIDFD[|CLONE_INTO_CGROUP]) and execve, on this thread: returns after the
   * exec. A frozen group is refused with EBUSY of `cgroup.events`.
   */
  readonly spawn: (...parameters: SpawnParameters) => NativeChild;
  /**
   * The same on a thread of libuv's pool. `fds` must stay open until the promise has settled; a child that is
   * not claimed, or watched by `watchFd`, when this thread's environment ends is killed and reaped.
   */
  readonly spawnAsync: (...parameters: SpawnParameters) => Promise<NativeChild>;
  /** Takes a child of `spawnAsync` over, as `watchFd` does: it lives on when this thread's environment ends. */
  readonly claimChild: (pidfd: number) => void;
  /**
   * Short file operations one after the other, in a block of pairs: a letter with a path, and a value (native/BOUNDARY.md). Per pair a text, 0,
   * or a negative errno. `doFileCalls` is its typed door.
   */
  readonly fileCalls: (block: string) => readonly (string | number)[];
  /** pidfd_open(2); the caller owns the descriptor. */
  readonly pidfdOpen: (pid: number) => number;
  /** pidfd_send_signal(2); ESRCH when the process has ended. */
  readonly pidfdSendSignal: (pidfd: number, signal: number) => void;
  /** Null where the kernel has no PIDFD_GET_INFO; ESRCH for a reaped process whose exit was not kept. */
  readonly pidfdInfo: (pidfd: number) => PidfdInfo | null;
  /** Reaps a child, or returns null while it runs; ECHILD for a process that is not our child. */
  readonly waitPidfd: (pidfd: number) => NativeExit | null;
  /** timerfd_create(2) of CLOCK_MONOTONIC; the caller owns the descriptor. */
  readonly timerOpen: () => number;
  /** timerfd_settime(2): readable from this time on, until it is set again; 0: never. */
  readonly timerSet: (fd: number, atNs: bigint) => void;
  /** [read end, write end], both close-on-exec, the read end non-blocking. */
  readonly pipe: () => [number, number];
  /**
   * process_madvise(2) on a thread of libuv's pool; `ranges` are pairs of address and length, 1024 at most. Resolves to
   * the bytes advised, fewer than asked for when the kernel stopped at a range.
   */
  readonly processMadvise: (pidfd: number, ranges: BigUint64Array, advice: number) => Promise<number>;
  /**
   * One write(2) of the text to a file opened with these flags, on a thread of its own, for which nobody waits when the process
   * exits: it may hang in the kernel.
   */
  readonly writeAside: (path: string, text: string, flags: number) => Promise<void>;
  /** close(2), for the descriptors made here: Node's own close warns about them in worker threads. */
  readonly close: (fd: number) => void;
  /** Watches a descriptor in the event loop. libuv makes it non-blocking, for all its holders. */
  readonly watchFd: (fd: number, events: number, callback: FdCallback) => FdWatcher;
  /** _exit(2); returns only where descriptor 0, 1 or 2 is a terminal, whose modes Node restores at its end. */
  readonly exitAtOnce: (status: number) => void;
}

/** Whether the addon can be used here and, when not, why. For `corral doctor`. */
export interface AddonStatus {
  readonly addon: NativeAddon | null;
  readonly path: string | null;
  readonly reason: string | null;
}

function prebuilt(name: string): string {
  return `${packageRoot()}/prebuilds/${process.platform}-${process.arch}/${name}`;
}

function trace(call: string, parameters: readonly unknown[], outcome: string): void {
  const shown = parameters.map((value) => (typeof value === "function" ? "callback" : show(value)));
  writeSync(2, `corral native: ${call}(${shown.join(", ")}) ${outcome}\n`);
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "-";
}

type Call<P extends readonly unknown[], R> = (...parameters: P) => R;

function guard<P extends readonly unknown[], R>(call: string, run: Call<P, R>, traced: boolean): Call<P, R> {
  return (...parameters) => {
    try {
      const result = run(...parameters);
      if (traced) trace(call, parameters, `= ${show(result)}`);
      return result;
    } catch (thrown) {
      const error = nativeCallError(call, thrown);
      if (traced) trace(call, parameters, `! ${error.found}`);
      throw error;
    }
  };
}

function guardAsync<P extends readonly unknown[], R>(
  call: string,
  run: Call<P, Promise<R>>,
  traced: boolean,
): Call<P, Promise<R>> {
  const errorOf = (parameters: P, thrown: unknown): CorralError => {
    const error = nativeCallError(call, thrown);
    if (traced) trace(call, parameters, `! ${error.found}`);
    return error;
  };
  // The thrown and the rejected alike. No async function: this one is on the way of every start.
  return (...parameters) => {
    try {
      const running = run(...parameters);
      if (traced) void running.then((result) => trace(call, parameters, `= ${show(result)}`)).catch(() => {});
      return running.catch((thrown: unknown) => {
        throw errorOf(parameters, thrown);
      });
    } catch (thrown) {
      return Promise.reject(errorOf(parameters, thrown));
    }
  };
}

function guardEach<K extends keyof NativeAddon>(raw: NativeAddon, names: readonly K[], traced: boolean) {
  const guarded = names.map((name) => [name, guard(name, raw[name] as Call<readonly unknown[], unknown>, traced)]);
  return Object.fromEntries(guarded) as Pick<NativeAddon, K>;
}

function guardAll(raw: NativeAddon): NativeAddon {
  const traced = process.env["CORRAL_TRACE_NATIVE"] === "1";
  return {
    ...guardEach(raw, attributeCalls, traced),
    ...guardEach(raw, memoryCalls, traced),
    packChunksAsync: guardAsync("packChunksAsync", raw.packChunksAsync, traced),
    ...guardEach(raw, socketCalls, traced),
    ...guardEach(raw, bpfCalls, traced),
    spawn: guard("spawn", raw.spawn, traced),
    spawnAsync: guardAsync("spawnAsync", raw.spawnAsync, traced),
    claimChild: guard("claimChild", raw.claimChild, traced),
    fileCalls: guard("fileCalls", raw.fileCalls, traced),
    pidfdOpen: guard("pidfdOpen", raw.pidfdOpen, traced),
    pidfdSendSignal: guard("pidfdSendSignal", raw.pidfdSendSignal, traced),
    pidfdInfo: guard("pidfdInfo", raw.pidfdInfo, traced),
    waitPidfd: guard("waitPidfd", raw.waitPidfd, traced),
    processMadvise: guardAsync("processMadvise", raw.processMadvise, traced),
    writeAside: guardAsync("writeAside", raw.writeAside, traced),
    timerOpen: guard("timerOpen", raw.timerOpen, traced),
    timerSet: guard("timerSet", raw.timerSet, traced),
    pipe: guard("pipe", raw.pipe, traced),
    close: guard("close", raw.close, traced),
    watchFd: guard("watchFd", raw.watchFd, traced),
    exitAtOnce: guard("exitAtOnce", raw.exitAtOnce, traced),
  };
}

let cached: AddonStatus | null = null;

function load(): AddonStatus {
  let file: string;
  try {
    file = prebuilt("corral.node");
  } catch (thrown) {
    return { addon: null, path: null, reason: CorralError.from(thrown).message };
  }
  if (!existsSync(file)) return { addon: null, path: file, reason: "the file does not exist" };
  try {
    // What require() does for a .node file, without loading node:module.
    const module = { exports: {} };
    process.dlopen(module, file);
    const raw = module.exports as NativeAddon;
    return { addon: guardAll(raw), path: file, reason: null };
  } catch (thrown) {
    return { addon: null, path: file, reason: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Loads the addon once per thread. `CORRAL_NO_ADDON=1` makes it absent, to test the path without it. */
export function addonStatus(): AddonStatus {
  if (process.env["CORRAL_NO_ADDON"] === "1") return { addon: null, path: null, reason: "CORRAL_NO_ADDON=1 is set" };
  cached ??= load();
  return cached;
}

/** The addon if this thread has loaded it already, else null. */
export function loadedAddon(): NativeAddon | null {
  return cached?.addon ?? null;
}

/** The addon, or null where it is missing, does not load or is switched off. Never throws. */
export function loadAddon(): NativeAddon | null {
  return addonStatus().addon;
}

/**
 * The addon, for what has no substitute in JavaScript.
 * @throws CorralError NATIVE_MISSING with the reason.
 */
export function requireAddon(): NativeAddon {
  const { addon, path: file, reason } = addonStatus();
  if (addon !== null) return addon;
  throw new CorralError("NATIVE_MISSING", `the native addon cannot be used: ${reason}`, {
    ...(file === null ? {} : { object: file }),
    fix: "run `node tools/build-native.mjs` or install the package built for this platform",
  });
}

let foundLauncher: string | null = null;

/** Path of `corral-launch` for this platform, or null when it was not built. Never throws. */
export function launcherPath(): string | null {
  if (foundLauncher !== null) return foundLauncher;
  try {
    const file = prebuilt("corral-launch");
    foundLauncher = existsSync(file) ? file : null;
    return foundLauncher;
  } catch {
    return null;
  }
}

/**
 * Path of `corral`, the native client.
 * @throws CorralError NATIVE_MISSING when it was not built for this platform.
 */
export function requireThinClient(): string {
  const file = prebuilt("corral");
  if (existsSync(file)) return file;
  throw new CorralError("NATIVE_MISSING", `the native client for ${process.platform}-${process.arch} is missing`, {
    object: "corral",
    fix: "run `node tools/build-native.mjs` (needs gcc and libc6-dev) or install the package built for this platform",
  });
}

/**
 * Path of `corral-scheduler`.
 * @throws CorralError NATIVE_MISSING when it was not built for this platform.
 */
export function requireScheduler(): string {
  const file = prebuilt("corral-scheduler");
  if (existsSync(file)) return file;
  throw new CorralError("NATIVE_MISSING", `the scheduler's loader for ${process.platform}-${process.arch} is missing`, {
    object: "corral-scheduler",
    fix: "run `node tools/build-native.mjs` (needs gcc and libc6-dev) or install the package built for this platform",
  });
}

/**
 * Path of `corral-worker`.
 * @throws CorralError NATIVE_MISSING when it was not built for this platform.
 */
export function requireWorker(): string {
  const file = prebuilt("corral-worker");
  if (existsSync(file)) return file;
  throw new CorralError("NATIVE_MISSING", `the worker for ${process.platform}-${process.arch} is missing`, {
    object: "corral-worker",
    fix: "run `node tools/build-native.mjs` (needs gcc and libc6-dev) or install the package built for this platform",
  });
}

/**
 * Path of `corral-launch`.
 * @throws CorralError NATIVE_MISSING when it was not built for this platform.
 */
export function requireLauncher(): string {
  const file = launcherPath();
  if (file !== null) return file;
  throw new CorralError("NATIVE_MISSING", `the launcher for ${process.platform}-${process.arch} is missing`, {
    object: "corral-launch",
    fix: "run `node tools/build-native.mjs` (needs gcc and libc6-dev) or install the package built for this platform",
  });
}
