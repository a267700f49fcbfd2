/** A tool call that wants to begin, and says how much memory it will need. */
export interface Waiting {
  readonly id: string;
  readonly session: string;
  /** The higher, the better its class. */
  readonly rank: number;
  readonly needBytes: number;
  readonly sinceMs: number;
}

/** What a call that may begin had to wait for. `waited`: there was no room, and it has waited for as long as it must. */
export interface Admitted extends Waiting {
  readonly reason: "room" | "waited";
  readonly headroomBytes: number;
  readonly waitedMs: number;
}

/** The memory there is for those who want to begin. */
export interface Room {
  readonly headroomBytes: number;
  /** What is kept for those who run. */
  readonly reserveBytes: number;
}

/** Waiting for so long counts as much as a class: nobody waits for ever behind better ones. */
const agePerClassMs = 5000;
/** For so long what was promised counts as used: a call that has begun does not have its memory yet. */
const promisedMs = 3000;

/** Lets tool calls begin as memory allows (R27): first come, first served within a class, better classes first, the patient rising. */
export class AdmissionQueue {
  #waiting: readonly Waiting[] = [];
  #promised: readonly { readonly bytes: number; readonly atMs: number }[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  add(one: Waiting): void {
    this.#waiting = [...this.#waiting, one];
  }

  /** It does not want to begin any more. */
  drop(id: string): void {
    this.#waiting = this.#waiting.filter((one) => one.id !== id);
  }

  /**
   * Who may begin now. Whoever is first and does not fit keeps those behind him waiting: a small one that slipped past would take the
   * room he waits for.
   * @param mostMs nobody waits longer
   */
  step(nowMs: number, room: Room, mostMs: number): readonly Admitted[] {
    this.#promised = this.#promised.filter(({ atMs }) => nowMs - atMs < promisedMs);
    const promisedBytes = this.#promised.reduce((sum, { bytes }) => sum + bytes, 0);
    let freeBytes = room.headroomBytes - room.reserveBytes - promisedBytes;
    let isFull = false;
    const admitted = this.#inOrder(nowMs).flatMap((one): readonly Admitted[] => {
      const waitedMs = nowMs - one.sinceMs;
      const fits = !isFull && one.needBytes <= freeBytes;
      if (!fits) isFull = true;
      if (!fits && waitedMs < mostMs) return [];
      freeBytes -= one.needBytes;
      return [{ ...one, reason: fits ? "room" : "waited", headroomBytes: room.headroomBytes, waitedMs }];
    });
    this.#promised = [...this.#promised, ...admitted.map(({ needBytes }) => ({ bytes: needBytes, atMs: nowMs }))];
    this.#waiting = this.#waiting.filter((one) => !admitted.some(({ id }) => id === one.id));
    return admitted;
  }

  #inOrder(nowMs: number): readonly Waiting[] {
    const worth = ({ rank, sinceMs }: Waiting): number => rank + Math.floor((nowMs - sinceMs) / agePerClassMs);
    return this.#waiting.toSorted((a, b) => worth(b) - worth(a) || a.sinceMs - b.sinceMs);
  }
}
