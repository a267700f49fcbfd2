import { toByteString } from "./byte-text.ts";
import type { NativeAddon } from "./native-addon.ts";
import type { BpfHandle } from "./native-bpf.ts";
import { errnoName } from "./native-error.ts";

/** Processes that go into a group when they execute this. */
export interface MovedProgram {
  /** Real user id. */
  readonly uid: number;
  /** As the exec tells them: the process' name, and the file that runs. */
  readonly comm: string;
  readonly exe: string;
  /** Whatever the mount namespace in which that is the path; false: only in those of `reset`. */
  readonly anyMounts: boolean;
  /** Directory of the group of cgroup v2. */
  readonly directory: string;
  /** Names it in what is told, 32 bits. */
  readonly id: number;
}

/** A move that was tried. */
export interface ExecMove {
  /** Of the program. */
  readonly id: number;
  readonly tgid: number;
  readonly startTicks: number;
  /** CLOCK_MONOTONIC: of the exec by the kernel, and of the move. */
  readonly execNs: bigint;
  readonly beganNs: bigint;
  readonly endedNs: bigint;
  /** Name of the errno; null: it went. */
  readonly errno: string | null;
}

/**
 * Moves processes natively, in the moment that their exec is read from the kernel and before JavaScript sees it: only those of
 * programs and groups that it was told of, that are still in the group of their exec, and whose end was not told since.
 * Everything else is left alone. It never acts between two lines of JavaScript.
 */
export interface ExecMover {
  /** Whether it knows a program, and may move anybody. */
  readonly isActive: boolean;
  /**
   * Forgets all programs and groups. What was moved is still to be taken.
   * @param mounts inode numbers of the mount namespaces in which paths mean what they say, 8 at most
   * @param spared processes that are never moved, 64 at most
   * @throws CorralError NATIVE_CALL
   */
  reset(mounts: readonly number[], spared: readonly number[]): void;
  /** @throws CorralError NATIVE_CALL: ENOSPC above 256 programs, ENOENT without the group */
  addProgram(program: MovedProgram): void;
  /** Whoever executes in this group may be moved out of it. @throws CorralError NATIVE_CALL: ENOSPC above 1024 groups */
  addGroup(id: bigint): void;
  /** What was tried since the last call, in order. */
  take(): readonly ExecMove[];
}

const numbersPerMove = 7;
const movesAtATime = 32;

/** @param isOpen whether the object is: when it is not, nothing is done */
export function makeExecMover(addon: NativeAddon, handle: BpfHandle, isOpen: () => boolean): ExecMover {
  const rows = new BigInt64Array(movesAtATime * numbersPerMove);
  let programs = 0;
  return {
    get isActive() {
      return programs > 0 && isOpen();
    },
    reset(mounts, spared) {
      programs = 0;
      if (isOpen()) addon.bpfMoverReset(handle, Uint32Array.from(mounts), Uint32Array.from(spared));
    },
    addProgram({ uid, comm, exe, anyMounts, directory, id }) {
      const procs = toByteString(`${directory}/cgroup.procs`);
      if (!isOpen()) return;
      addon.bpfMoverProgram(handle, uid, toByteString(comm), toByteString(exe), anyMounts ? 1 : 0, procs, id);
      programs += 1;
    },
    addGroup(id) {
      if (isOpen()) addon.bpfMoverGroup(handle, id);
    },
    take() {
      const moves: ExecMove[] = [];
      while (isOpen()) {
        const count = addon.bpfMoverTake(handle, rows);
        for (let index = 0; index < count; index += 1) moves.push(moveOf(rows, index * numbersPerMove));
        if (count < movesAtATime) break;
      }
      return moves;
    },
  };
}

function moveOf(rows: BigInt64Array, at: number): ExecMove {
  const [execNs = 0n, tgid, startTicks, id, beganNs = 0n, endedNs = 0n, errno] = rows.subarray(at, at + numbersPerMove);
  return {
    id: Number(id),
    tgid: Number(tgid),
    startTicks: Number(startTicks),
    execNs,
    beganNs,
    endedNs,
    errno: errnoName(Number(errno)),
  };
}
