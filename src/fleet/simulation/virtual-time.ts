/** Something that is to happen; `cancel` keeps it from happening. */
export interface Planned {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  /** Of two at the same moment the earlier planned comes first. */
  readonly order: number;
  action: (() => void) | null;
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A clock that jumps from one planned action to the next. */
export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, action: () => void): Planned {
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, action };
    this.#order += 1;
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return {
      cancel: () => {
        entry.action = null;
      },
    };
  }

  after(delayMs: number, action: () => void): Planned {
    return this.at(this.#nowMs + delayMs, action);
  }

  /** Does what is planned until nothing is left, or until then. @returns whether nothing is left */
  runUntil(limitMs: number): boolean {
    for (let next = this.#pop(); next !== null; next = this.#pop()) {
      if (next.action === null) continue;
      if (next.atMs > limitMs) return false;
      this.#nowMs = next.atMs;
      next.action();
    }
    return true;
  }

  #pop(): Entry | null {
    const [top] = this.#heap;
    const last = this.#heap.pop();
    if (top === undefined || last === undefined) return null;
    if (top !== last) {
      this.#heap[0] = last;
      this.#sink();
    }
    return top;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, above)) return;
      at = above;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
      if (left === undefined) return;
      const below = 2 * at + (right !== undefined && isBefore(right, left) ? 2 : 1);
      if (!this.#swapIfBefore(below, at)) return;
      at = below;
    }
  }

  #swapIfBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined || !isBefore(one, other)) return false;
    [this.#heap[a], this.#heap[b]] = [other, one];
    return true;
  }
}
