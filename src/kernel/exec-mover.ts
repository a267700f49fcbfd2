import { toByteString } from "./byte-text.ts";
import type { NativeAddon } from "./native-addon.ts";
import type { BpfHandle } from "./native-bpf.ts";
import { errnoName } from "./native-error.ts";
import { hurryThread } from "./urgent-threads.ts";

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
 * Moves processes natively, as soon as the kernel tells of their exec and before JavaScript sees it: only those of programs and groups
 * that it was told of, that are still in the group of their exec, and whose end was not told since. Everything else is left alone. It
 * acts on a thread of its own, whatever JavaScript does meanwhile: who moves processes himself does so in `during`. Nobody is moved
 * upon an exec that JavaScript has read already; who takes the moves before he judges an exec knows of all that were.
 */
export interface ExecMover {
  /** Whether it knows a program, and may move anybody. */
  readonly isActive: boolean;
  /**
   * Forgets all programs and groups: when it returns nobody is moved any more. What was moved is still to be taken.
   * @param mounts inode numbers of the mount namespaces in which paths mean what they say, 8 at most
   * @param spared processes that are never moved, 64 at most
   * @throws CorralError NATIVE_CALL
   */
  reset(mounts: readonly number[], spared: readonly number[]): void;
  /** @throws CorralError NATIVE_CALL: ENOSPC above 256 programs, ENOENT without the group */
  addProgram(program: MovedProgram): void;
  /** Whoever executes in this group may be moved out of it. Of more than 1024 the one used least recently is forgotten. */
  addGroup(id: bigint): void;
  /** Nobody is moved while `act` runs, which waits for a move that is under way. It may be used within itself. */
  during<T>(act: () => T): T;
  /** What was tried since the last call, in order. */
  take(): readonly ExecMove[];
}

const numbersPerMove = 7;
const movesAtATime = 32;

/** Starts the thread, and has it run before all else. Without it the event loop moves, when it has time. */
function startThread(addon: NativeAddon, handle: BpfHandle): void {
  try {
    hurryThread(addon, addon.bpfMoverThread(handle));
  } catch {
    // There are too many threads, say.
  }
}

/** What the mover needs of the program whose execs it reads. */
interface MoverParts {
  /** Whether the object is open: when it is not, nothing is done. */
  readonly isOpen: () => boolean;
  /** Whether the kernel is to tell of each exec at once. */
  readonly setUrgent: (urgent: boolean) => void;
}

export function makeExecMover(addon: NativeAddon, handle: BpfHandle, { isOpen, setUrgent }: MoverParts): ExecMover {
  const rows = new BigInt64Array(movesAtATime * numbersPerMove);
  let programs = 0;
  let started = false;
  return {
    get isActive() {
      return programs > 0 && isOpen();
    },
    reset(mounts, spared) {
      programs = 0;
      if (!isOpen()) return;
      setUrgent(false);
      addon.bpfMoverReset(handle, Uint32Array.from(mounts), Uint32Array.from(spared));
    },
    addProgram({ uid, comm, exe, anyMounts, directory, id }) {
      const procs = toByteString(`${directory}/cgroup.procs`);
      if (!isOpen()) return;
      addon.bpfMoverProgram(handle, uid, toByteString(comm), toByteString(exe), anyMounts ? 1 : 0, procs, id);
      programs += 1;
      setUrgent(true);
      if (!started) startThread(addon, handle);
      started = true;
    },
    addGroup(id) {
      if (isOpen()) addon.bpfMoverGroup(handle, id);
    },
    during(act) {
      if (!isOpen()) return act();
      addon.bpfMoverHold(handle);
      try {
        return act();
      } finally {
        if (isOpen()) addon.bpfMoverRelease(handle);
      }
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
