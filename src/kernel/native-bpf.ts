import type { FdCallback, FdWatcher } from "./native-addon.ts";

declare const handleBrand: unique symbol;
/** A loaded BPF object of the addon; freed by `bpfClose`, the garbage collector or the end of the thread. */
export type BpfHandle = { readonly [handleBrand]: true };

/**
 * What the addon maps of an object. The buffers are detached when it is closed. `producer` must never be written to: its
 * pages are read-only, and the process would be killed.
 */
export interface NativeBpf {
  readonly handle: BpfHandle;
  readonly ringFd: number;
  /** A page with the reader's position. */
  readonly consumer: ArrayBuffer;
  /** A page with the writer's position, then the ring's data, twice in a row. */
  readonly producer: ArrayBuffer;
  /** `struct shared_state` of native/bpf/record.h. */
  readonly state: ArrayBuffer;
}

/** Numbers of the objects in the addon. */
export const bpfObjects = { lifecycle: 0, opens: 1, readline: 2 } as const;

/** The addon's calls on BPF objects (native/BOUNDARY.md); `bpf-program.ts` is their door. */
export interface NativeBpfCalls {
  readonly bpfOpen: (
    object: number,
    ringBytes: number,
    cgroupId: bigint,
    cgroupSubtree: number,
    monotonicOffsetNs: bigint,
    boottimeOffsetNs: bigint,
    exitTellsGroupDead: number,
    ownTgid: number,
  ) => NativeBpf;
  readonly bpfAttach: (handle: BpfHandle) => void;
  /** `path` is a byte string, `offset` one in the file. */
  readonly bpfAttachReturn: (handle: BpfHandle, uprobeType: number, path: string, offset: number) => void;
  readonly bpfMisses: (handle: BpfHandle) => number;
  readonly bpfClose: (handle: BpfHandle) => void;
  readonly bpfLayout: () => Readonly<Record<string, number>>;
  /** `watchFd` of the ring, whose mover runs before each call of `callback`. */
  readonly bpfWatch: (handle: BpfHandle, events: number, callback: FdCallback) => FdWatcher;
  readonly bpfMoverReset: (handle: BpfHandle, mounts: Uint32Array, spared: Uint32Array) => void;
  /** `comm`, `exe` and `procs`, the path of a cgroup.procs, are byte strings. */
  readonly bpfMoverProgram: (
    handle: BpfHandle,
    uid: number,
    comm: string,
    exe: string,
    anyMounts: number,
    procs: string,
    id: number,
  ) => void;
  readonly bpfMoverGroup: (handle: BpfHandle, id: bigint) => void;
  /** How many moves of seven numbers it has put into `rows`. */
  readonly bpfMoverTake: (handle: BpfHandle, rows: BigInt64Array) => number;
  /** The id of its thread, which is started by the first call. */
  readonly bpfMoverThread: (handle: BpfHandle) => number;
  readonly bpfMoverHold: (handle: BpfHandle) => void;
  readonly bpfMoverRelease: (handle: BpfHandle) => void;
}

export const bpfCalls: readonly (keyof NativeBpfCalls)[] = [
  "bpfOpen",
  "bpfAttach",
  "bpfAttachReturn",
  "bpfMisses",
  "bpfClose",
  "bpfLayout",
  "bpfWatch",
  "bpfMoverReset",
  "bpfMoverProgram",
  "bpfMoverGroup",
  "bpfMoverTake",
  "bpfMoverThread",
  "bpfMoverHold",
  "bpfMoverRelease",
];
