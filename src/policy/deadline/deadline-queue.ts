/** Names a pending deadline; small whole numbers that are used again once the deadline was taken or cancelled. */
export type DeadlineHandle = number;

/** What `take` and `next` answer when there is nothing. */
export const noDeadline = -1;

const fewestSlots = 1024;

/**
 * Pending deadlines, the earliest first: a 4-ary heap on typed arrays with the place of every deadline in it, so that adding,
 * taking and cancelling cost the logarithm of what is pending, and nothing is allocated but by growth. 16 bytes for each
 * pending deadline.
 *
 * Times are exact to the nanosecond for 104 days around the base, where a double has all whole numbers. Deadlines of the
 * same nanosecond come in the order of their handles.
 */
export class DeadlineQueue {
  readonly #baseNs: bigint;
  /** By slot: nanoseconds from the base. */
  #times: Float64Array;
  /** By place in the heap: the slot. */
  #heap: Uint32Array;
  /** By slot: the place in the heap; of a free slot the next free one, as -2 - slot, -1 for none. */
  #places: Int32Array;
  #size = 0;
  #free = -1;
  /** Slots that were ever used. */
  #used = 0;

  /** @param baseNs a time near which all deadlines are, such as now */
  constructor(baseNs: bigint, slots = fewestSlots) {
    this.#baseNs = baseNs;
    this.#times = new Float64Array(slots);
    this.#heap = new Uint32Array(slots);
    this.#places = new Int32Array(slots);
  }

  /** Deadlines that are pending. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the queue. */
  get bytes(): number {
    return this.#times.byteLength + this.#heap.byteLength + this.#places.byteLength;
  }

  /** @returns the handle, until the deadline is taken or cancelled */
  add(deadlineNs: bigint): DeadlineHandle {
    const slot = this.#takeSlot();
    this.#times[slot] = Number(deadlineNs - this.#baseNs);
    this.#size += 1;
    this.#rise(this.#size - 1, slot);
    return slot;
  }

  /** Forgets a deadline that is pending; nothing else may be cancelled. */
  cancel(handle: DeadlineHandle): void {
    const place = this.#places[handle] ?? -1;
    if (place < 0 || handle >= this.#used) throw new RangeError(`deadline ${handle} is not pending`);
    this.#remove(place);
  }

  /** The earliest deadline; null when none is pending. */
  earliestNs(): bigint | null {
    return this.#size === 0 ? null : this.timeOf(this.#heap[0] ?? 0);
  }

  /** When a pending deadline is. */
  timeOf(handle: DeadlineHandle): bigint {
    return this.#baseNs + BigInt(this.#times[handle] ?? 0);
  }

  /** Takes the earliest deadline that is at or before a time; `noDeadline` when there is none. */
  take(nowNs: bigint): DeadlineHandle {
    const slot = this.#heap[0] ?? 0;
    if (this.#size === 0 || (this.#times[slot] ?? 0) > Number(nowNs - this.#baseNs)) return noDeadline;
    this.#remove(0);
    return slot;
  }

  #takeSlot(): number {
    if (this.#free !== -1) {
      const slot = this.#free;
      this.#free = -2 - (this.#places[slot] ?? -1);
      return slot;
    }
    if (this.#used === this.#times.length) this.#grow();
    this.#used += 1;
    return this.#used - 1;
  }

  /** By a quarter: the arrays stay near to what they hold, and adding is still constant on average. */
  #grow(): void {
    const slots = Math.ceil(this.#times.length * 1.25);
    const grown = <T extends Float64Array | Uint32Array | Int32Array>(next: T, old: T): T => {
      next.set(old);
      return next;
    };
    this.#times = grown(new Float64Array(slots), this.#times);
    this.#heap = grown(new Uint32Array(slots), this.#heap);
    this.#places = grown(new Int32Array(slots), this.#places);
  }

  #remove(place: number): void {
    const slot = this.#heap[place] ?? 0;
    this.#size -= 1;
    if (place < this.#size) {
      const last = this.#heap[this.#size] ?? 0;
      if (this.#isBefore(last, slot)) this.#rise(place, last);
      else this.#sink(place, last);
    }
    this.#places[slot] = -2 - this.#free;
    this.#free = slot;
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#times[one] ?? 0, this.#times[other] ?? 0];
    return a < b || (a === b && one < other);
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#places[slot] = place;
  }

  #rise(from: number, slot: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 2;
      const other = this.#heap[above] ?? 0;
      if (!this.#isBefore(slot, other)) break;
      this.#put(place, other);
      place = above;
    }
    this.#put(place, slot);
  }

  #sink(from: number, slot: number): void {
    let place = from;
    for (;;) {
      const first = place * 4 + 1;
      if (first >= this.#size) break;
      const end = Math.min(first + 4, this.#size);
      let least = first;
      for (let below = first + 1; below < end; below += 1)
        if (this.#isBefore(this.#heap[below] ?? 0, this.#heap[least] ?? 0)) least = below;
      const other = this.#heap[least] ?? 0;
      if (!this.#isBefore(other, slot)) break;
      this.#put(place, other);
      place = least;
    }
    this.#put(place, slot);
  }
}
