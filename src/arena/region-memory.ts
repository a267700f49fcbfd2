import type { ArenaMemory, Slab } from "./memory.ts";
import type { UnitRun } from "./release-plan.ts";

/** The memory of one region: where its chunks lie, and which units of it the kernel has to hold. */
export class RegionMemory {
  readonly chunkBytes: number;
  readonly chunksPerUnit: number;
  readonly slabs: readonly Slab[];
  readonly #chunksPerSlab: number;
  readonly #unitBytes: number;
  readonly #resident: Uint8Array;
  #residentUnits = 0;

  /** @throws CorralError ARENA_MEMORY */
  constructor(memory: ArenaMemory, chunkCount: number, chunkBytes: number) {
    this.chunkBytes = chunkBytes;
    this.#unitBytes = Math.max(memory.unitBytes, chunkBytes);
    this.chunksPerUnit = this.#unitBytes / chunkBytes;
    this.#chunksPerSlab = memory.regionSlabBytes / chunkBytes;
    const units = Math.ceil(chunkCount / this.chunksPerUnit);
    this.slabs = openSlabs(memory, units * this.#unitBytes);
    this.#resident = new Uint8Array(units);
  }

  /** Bytes that are not given back. */
  get residentBytes(): number {
    return this.#residentUnits * this.#unitBytes;
  }

  slabOf(chunk: number): Slab {
    return this.slabs[Math.floor(chunk / this.#chunksPerSlab)] as Slab;
  }

  /** Number of a chunk within its slab. */
  indexInSlab(chunk: number): number {
    return chunk % this.#chunksPerSlab;
  }

  /** Where a chunk begins within its slab. */
  offsetOf(chunk: number): number {
    return (chunk % this.#chunksPerSlab) * this.chunkBytes;
  }

  /** Number of the last chunk that is in the same slab. */
  lastInSlab(chunk: number): number {
    return (Math.floor(chunk / this.#chunksPerSlab) + 1) * this.#chunksPerSlab - 1;
  }

  /**
   * Makes sure that a chunk can be written.
   * @throws CorralError ARENA_MEMORY
   */
  acquire(chunk: number): void {
    const unit = Math.floor(chunk / this.chunksPerUnit);
    if (this.#resident[unit] === 1) return;
    this.slabOf(chunk).acquire();
    this.#resident[unit] = 1;
    this.#residentUnits += 1;
  }

  /** Gives units back; those that are not held are no harm. */
  release(runs: readonly UnitRun[]): void {
    for (const { first, count } of runs) {
      for (let unit = first; unit < first + count; unit += 1) {
        this.#residentUnits -= this.#resident[unit] as number;
        this.#resident[unit] = 0;
      }
      const chunk = first * this.chunksPerUnit;
      this.slabOf(chunk).release(this.offsetOf(chunk), count * this.#unitBytes);
    }
  }

  close(): void {
    for (const slab of this.slabs) slab.close();
  }
}

/** All or none. */
function openSlabs(memory: ArenaMemory, bytes: number): Slab[] {
  const slabs: Slab[] = [];
  try {
    for (let left = bytes; left > 0; left -= memory.regionSlabBytes) {
      slabs.push(memory.open(Math.min(left, memory.regionSlabBytes)));
    }
    return slabs;
  } catch (thrown) {
    for (const slab of slabs) slab.close();
    throw thrown;
  }
}
