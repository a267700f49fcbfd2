import { existsSync, readFileSync } from "node:fs";
import { CorralError } from "../report/index.ts";
import type { BpfExec, BpfExit, BpfFork, BpfOpen, BpfReadline, BpfRecord } from "./bpf-record.ts";
import { bpfLayout, decodeBpfRecord } from "./bpf-record.ts";
import { RingReader } from "./bpf-ring.ts";
import { toByteString } from "./byte-text.ts";
import { findExport } from "./elf-symbol.ts";
import type { ExecMover } from "./exec-mover.ts";
import { makeExecMover } from "./exec-mover.ts";
import { clockOffsetNs, isInitialNamespace } from "./namespaces.ts";
import type { FdWatcher, NativeAddon } from "./native-addon.ts";
import { fdEvents, requireAddon } from "./native-addon.ts";
import type { NativeBpf } from "./native-bpf.ts";
import { bpfObjects } from "./native-bpf.ts";
import { nativeCallError, nativeErrno } from "./native-error.ts";
import { readProcText } from "./proc-read.ts";

export interface BpfOptions {
  /** Kernel memory for what is not yet read; made a power of two of at least 4 KiB, at most 1 GiB. */
  readonly ringBytes: number;
  /** Only processes in this v2 group, and below it when `subtree`; null: all. */
  readonly cgroup: { readonly id: bigint; readonly subtree: boolean } | null;
}

/** A BPF program that is attached, and the ring it writes. */
export interface BpfProgram<R> {
  readonly ringBytes: number;
  /** Up to `most` records that have arrived, oldest first. Never waits. */
  read(most: number): R[];
  /** Bytes of ring written so far, and read so far: what is between waits. */
  readonly writtenTo: number;
  readonly readTo: number;
  /** Records for which the ring had no room. */
  lost(): number;
  /** Events during which the program could not run, because it was running already; the kernel tells on request. */
  misses(): number;
  /**
   * Whether the kernel is to wake us for what it writes. Without, it does so only when 256 KiB wait: read on a timer.
   * After switching it on, read until nothing is left.
   */
  setWaking(waking: boolean): void;
  /**
   * Calls back in the event loop when something can be read, until the returned watch is closed.
   * @param onError the descriptor can no longer be watched
   */
  watch(onReadable: () => void, onError: (error: CorralError) => void): FdWatcher;
  /** Moves processes of the execs that it tells of, while it is open and woken. */
  readonly mover: ExecMover;
  /** Detaches the program and frees everything; idempotent. Close a watch first. */
  close(): void;
}

export type BpfLifecycle = BpfFork | BpfExec | BpfExit;

const btfPath = "/sys/kernel/btf/vmlinux";
const leastRingBytes = 4096;
const mostRingBytes = 2 ** 30;

/** The next power of two. */
const toRingBytes = (wish: number): number => {
  const bounded = Math.min(Math.max(wish, leastRingBytes), mostRingBytes);
  return 2 ** Math.ceil(Math.log2(bounded));
};

/** Whether sched_process_exit of this kernel says which thread was the last; null until an object was loaded. */
let exitTellsGroupDead: boolean | null = null;

/** The errors of loading and attaching, with what helps. */
function explain(thrown: unknown): CorralError {
  const error = nativeCallError("bpf", thrown);
  const errno = nativeErrno(thrown);
  if (errno !== "EPERM" && errno !== "EACCES") return error;
  return new CorralError("NATIVE_CALL", "the kernel does not let this process load BPF programs", {
    object: "bpf",
    found: errno,
    fix: "run as root, or with CAP_BPF and CAP_PERFMON",
    cause: error.cause,
  });
}

/**
 * `CORRAL_NO_BPF=1` makes them absent, to test the paths without them.
 * @throws CorralError where BPF programs cannot be what they say
 */
function requireHost(): void {
  if (process.env["CORRAL_NO_BPF"] === "1")
    throw new CorralError("NATIVE_CALL", "BPF programs are switched off: CORRAL_NO_BPF=1 is set", { object: "bpf" });
  if (!existsSync(btfPath))
    throw new CorralError("NATIVE_CALL", "the kernel does not describe its types, which BPF programs need", {
      object: btfPath,
      found: "ENOENT",
      fix: "use a kernel with CONFIG_DEBUG_INFO_BTF",
    });
  if (isInitialNamespace("pid") === false)
    throw new CorralError("NATIVE_CALL", "BPF programs tell the host's process ids, which are others in here", {
      object: "/proc/self/ns/pid",
      found: "an own pid namespace",
      fix: "run in the initial pid namespace",
    });
}

function load(addon: NativeAddon, object: number, ringBytes: number, cgroup: BpfOptions["cgroup"], groupDead: boolean) {
  return addon.bpfOpen(
    object,
    ringBytes,
    cgroup?.id ?? 0n,
    cgroup?.subtree === true ? 1 : 0,
    clockOffsetNs("monotonic"),
    clockOffsetNs("boottime"),
    groupDead ? 1 : 0,
    process.pid,
  );
}

/** The verifier refuses an argument that the kernel's tracepoint does not have: then there is none. */
function loadForKernel(addon: NativeAddon, object: number, ringBytes: number, cgroup: BpfOptions["cgroup"]): NativeBpf {
  if (object !== bpfObjects.lifecycle) return load(addon, object, ringBytes, cgroup, false);
  if (exitTellsGroupDead !== null) return load(addon, object, ringBytes, cgroup, exitTellsGroupDead);
  try {
    const native = load(addon, object, ringBytes, cgroup, true);
    exitTellsGroupDead = true;
    return native;
  } catch (thrown) {
    if (nativeErrno(thrown) === "EPERM") throw thrown;
    const native = load(addon, object, ringBytes, cgroup, false);
    exitTellsGroupDead = false;
    return native;
  }
}

/** The door to a loaded object. */
function makeProgram<R extends BpfRecord>(addon: NativeAddon, native: NativeBpf, ringBytes: number): BpfProgram<R> {
  const reader = new RingReader(native, ringBytes, decodeBpfRecord);
  const lostByKind = new BigUint64Array(native.state, bpfLayout["shared_state.lost"], 6);
  const quiet = new Uint32Array(native.state, bpfLayout["shared_state.quiet"], 1);
  const urgent = new Uint32Array(native.state, bpfLayout["shared_state.urgent"], 1);
  let lost = 0;
  let misses = 0;
  let open = true;
  return {
    ringBytes,
    read: (most) => (open ? (reader.read(most) as R[]) : []),
    get writtenTo() {
      return open ? reader.writtenTo : reader.readTo;
    },
    get readTo() {
      return reader.readTo;
    },
    lost() {
      if (!open) return lost;
      lost = 0;
      for (const count of lostByKind) lost += Number(count);
      return lost;
    },
    misses() {
      if (open) misses = addon.bpfMisses(native.handle);
      return misses;
    },
    setWaking(waking) {
      if (open) Atomics.store(quiet, 0, waking ? 0 : 1);
    },
    watch: (onReadable, onError) =>
      addon.bpfWatch(native.handle, fdEvents.readable, (_events, status) => {
        if (status === 0) onReadable();
        else onError(nativeCallError("poll", { code: "EBADF", syscall: "poll" }, "bpf"));
      }),
    mover: makeExecMover(addon, native.handle, {
      isOpen: () => open,
      setUrgent: (wanted) => void Atomics.store(urgent, 0, wanted ? 1 : 0),
    }),
    close() {
      if (!open) return;
      this.lost();
      this.misses();
      open = false;
      addon.bpfClose(native.handle);
    },
  };
}

function openProgram<R extends BpfRecord>(
  object: number,
  options: BpfOptions,
  attach: (addon: NativeAddon, native: NativeBpf) => void,
): BpfProgram<R> {
  const addon = requireAddon();
  requireHost();
  const ringBytes = toRingBytes(options.ringBytes);
  try {
    const native = loadForKernel(addon, object, ringBytes, options.cgroup);
    try {
      attach(addon, native);
      return makeProgram<R>(addon, native, ringBytes);
    } catch (thrown) {
      addon.bpfClose(native.handle);
      throw thrown;
    }
  } catch (thrown) {
    throw explain(thrown);
  }
}

const attachAll = (addon: NativeAddon, native: NativeBpf): void => addon.bpfAttach(native.handle);

/**
 * Tells the forks, execs and exits of the whole host.
 * @throws CorralError NATIVE_MISSING without the addon; NATIVE_CALL with EPERM without CAP_BPF and CAP_PERFMON
 *   (or CAP_SYS_ADMIN), ENOENT where the kernel has no BTF, and inside a pid namespace
 */
export const openBpfLifecycle = (options: BpfOptions): BpfProgram<BpfLifecycle> =>
  openProgram<BpfLifecycle>(bpfObjects.lifecycle, options, attachAll);

/**
 * Tells the files that processes open, those of this one excepted; of 64-bit programs on x86_64.
 * @throws CorralError as `openBpfLifecycle` does
 */
export const openBpfOpens = (options: BpfOptions): BpfProgram<BpfOpen> =>
  openProgram<BpfOpen>(bpfObjects.opens, options, attachAll);

const uprobeTypePath = "/sys/bus/event_source/devices/uprobe/type";

/**
 * Tells the lines that a shell's function `readline` returns; on x86_64.
 * @param shell path of a bash that has the function itself, as Debian's has
 * @throws CorralError as `openBpfLifecycle` does; NATIVE_CALL where the kernel has no uprobes or the file no such function
 */
export function openBpfReadline(options: BpfOptions, shell = "/bin/bash"): BpfProgram<BpfReadline> {
  const type = Number.parseInt(readProcText(uprobeTypePath) ?? "", 10);
  if (Number.isNaN(type))
    throw new CorralError("NATIVE_CALL", "the kernel has no uprobes", {
      object: uprobeTypePath,
      found: "ENOENT",
      fix: "use a kernel with CONFIG_UPROBE_EVENTS",
    });
  const offset = findReadline(shell);
  return openProgram<BpfReadline>(bpfObjects.readline, options, (addon, native) =>
    addon.bpfAttachReturn(native.handle, type, toByteString(shell), offset),
  );
}

function findReadline(shell: string): number {
  let offset: number | null;
  try {
    offset = findExport(readFileSync(shell), "readline");
  } catch (thrown) {
    throw nativeCallError("read", thrown, shell);
  }
  if (offset !== null) return offset;
  throw new CorralError("NATIVE_CALL", `${shell} has no function readline of its own`, { object: shell });
}
