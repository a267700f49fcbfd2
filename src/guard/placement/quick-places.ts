import type { ExecEvent } from "../../events/index.ts";
import type { ExecMove, ExecMover } from "../../kernel/index.ts";
import type { PlacementRule } from "../model/index.ts";
import { hostMountNumbers } from "./own-files.ts";

/** Where processes of a program go, and why. */
export interface QuickPlace {
  readonly rule: PlacementRule;
  /** Directory of the group. */
  readonly directory: string;
}

/** A process that the source of events has placed by itself. */
export interface QuickMove extends QuickPlace {
  readonly move: ExecMove;
}

/** Moves whose exec was not told yet; more, and events were lost. */
const mostUntold = 4096;

/**
 * What was judged once is left to the source of events from then on: it moves the next process of that user, name and file out of
 * the same groups natively, before its exec is told. Whatever could change the judgement makes all of it forgotten.
 */
export class QuickPlaces {
  readonly #mover: () => ExecMover | null;
  readonly #spared: readonly number[];
  /** By the id of the program; ids are not used twice. */
  readonly #places = new Map<number, QuickPlace>();
  /** User, name and file of those programs. */
  readonly #programs = new Set<string>();
  /** What was moved and is to be taken. */
  readonly #untaken: QuickMove[] = [];
  /** By process: the time of the exec upon which it was moved. */
  readonly #moved = new Map<number, bigint>();
  #ids = 0;

  /** @param mover of the source; null: it has none, or is not open @param spared processes that are never moved */
  constructor(mover: () => ExecMover | null, spared: readonly number[]) {
    this.#mover = mover;
    this.#spared = spared;
  }

  /**
   * Leaves to the source what was judged of this exec.
   * @param anyMounts whatever file its path means to the guard
   */
  learn({ uid, comm, exe, cgroupId }: ExecEvent, place: QuickPlace, anyMounts: boolean): void {
    const mover = this.#mover();
    if (mover === null || uid === null || comm === null || exe === null || cgroupId === null) return;
    const program = `${uid}\0${comm}\0${exe}`;
    this.#orForget(() => {
      if (this.#places.size === 0) mover.reset(hostMountNumbers(), this.#spared);
      if (!this.#programs.has(program)) {
        this.#ids += 1;
        mover.addProgram({ uid, comm, exe, anyMounts, directory: place.directory, id: this.#ids });
        this.#places.set(this.#ids, place);
        this.#programs.add(program);
      }
      mover.addGroup(cgroupId);
    });
  }

  /** There is a group outside of all sessions. */
  noteFree(groupId: bigint): void {
    if (this.#places.size > 0) this.#orForget(() => this.#mover()?.addGroup(groupId));
  }

  /** What was moved since the last call. */
  take(): readonly QuickMove[] {
    this.#collect();
    return this.#untaken.length === 0 ? this.#untaken : this.#untaken.splice(0);
  }

  /** Whether the process of an exec was moved upon it. */
  hasMoved({ tgid, timestampNs }: ExecEvent): boolean {
    if (this.#moved.get(tgid) !== timestampNs) return false;
    return this.#moved.delete(tgid);
  }

  /** Everything is to be judged anew. */
  forget(): void {
    if (this.#places.size === 0) return;
    // First, so that nobody is moved after the last look at who was.
    this.#mover()?.reset([], []);
    this.#collect();
    this.#places.clear();
    this.#programs.clear();
  }

  #collect(): void {
    if (this.#places.size === 0) return;
    const moves = this.#mover()?.take() ?? [];
    for (const move of moves) {
      const place = this.#places.get(move.id);
      if (place !== undefined && move.errno === null) this.#note({ ...place, move });
    }
    // A group that is no more, say; its execs are judged anew. Who has ended is nobody's.
    if (moves.some(({ errno }) => errno !== null && errno !== "ESRCH")) this.forget();
  }

  #note(moved: QuickMove): void {
    if (this.#moved.size >= mostUntold) this.#moved.clear();
    this.#moved.set(moved.move.tgid, moved.move.execNs);
    this.#untaken.push(moved);
  }

  /** It knows too many programs, or a group is no more: then all begins anew. */
  #orForget(act: () => void): void {
    try {
      act();
    } catch {
      this.forget();
    }
  }
}
