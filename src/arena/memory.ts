/** A piece of memory that can be given back to the kernel, whole or in parts. */
export interface Slab {
  /** Its bytes; none before `acquire` where memory can only be given back whole. Must not leave this room. */
  readonly view: Uint8Array;
  /**
   * Makes it usable, at first and after `release`.
   * @throws CorralError ARENA_MEMORY
   */
  acquire(): void;
  /** Gives a part back, in whole units; it reads as zero afterwards. */
  release(offset: number, length: number): void;
  /** Bytes of it that the kernel says are in memory; null where nobody can tell. */
  residentBytes(): number | null;
  /** The same bytes in a buffer of their own, empty once it is closed; null where there is no such thing. */
  openWindow(offset: number, length: number): MemoryWindow | null;
  /** Gives everything back, for good. */
  close(): void;
}

/** A view that lives until it is closed. */
export interface MemoryWindow {
  readonly bytes: Uint8Array;
  close(): void;
}

/** Where slabs come from. */
export interface ArenaMemory {
  /** `native`: mmap and madvise; `plain`: resizable ArrayBuffers. */
  readonly kind: "native" | "plain";
  /** Smallest part of a slab that can be given back: a page, or a slab. */
  readonly unitBytes: number;
  /** Size of the slabs that a region is made of, a power of 2. */
  readonly regionSlabBytes: number;
  /**
   * A slab of zeros.
   * @throws CorralError ARENA_MEMORY when it cannot be had
   */
  open(bytes: number): Slab;
}
