import { CorralError } from "../report/index.ts";
import { checkRange, openForRead, openForWrite } from "./access.ts";
import type { ArenaState, RegionEntry } from "./arena-state.ts";
import { openPinned } from "./pinned-window.ts";

/** What `touch` does to a byte: add 1, modulo 256, or flip its lowest bit. */
export type TouchOp = "increment" | "xor";

/** Some bytes of a region. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Memory of an arena. It is reached through these methods only, because parts of it are compressed at times; an access brings them
 * back. Every method but `free` throws ARENA_CLOSED once the region is freed or the arena closed, and USAGE for bytes outside of it.
 */
export interface Region extends Disposable {
  readonly name: string;
  /** Its size, as asked for. */
  readonly bytes: number;
  readonly chunkBytes: number;
  /** False once it is freed or its arena closed. */
  readonly isOpen: boolean;
  /**
   * A copy of `length` bytes.
   * @throws CorralError ARENA_CORRUPT when a chunk's compressed copy is damaged; ARENA_MEMORY when there is no memory to restore it
   */
  read(offset: number, length: number): Uint8Array;
  /** Copies bytes into `into`, as many as it has, and answers it. Throws as the other form. */
  read<T extends Uint8Array>(offset: number, into: T): T;
  /**
   * Copies `bytes` in. A chunk that is overwritten whole is not restored first.
   * @throws CorralError ARENA_CORRUPT when a chunk that is written in part is damaged; ARENA_MEMORY
   */
  write(offset: number, bytes: Uint8Array): void;
  /**
   * Changes one byte.
   * @throws CorralError ARENA_CORRUPT, ARENA_MEMORY
   */
  touch(offset: number, op: TouchOp): void;
  /**
   * Calls `use` with the bytes themselves, not a copy where the addon can do that. They stay in memory until it is over, also a promise
   * that it answers; then the view is empty. Meanwhile nobody else should write them.
   * @returns what `use` answers
   * @throws CorralError ARENA_CORRUPT, ARENA_MEMORY, and whatever `use` throws
   */
  withPinned<T>(range: ByteRange, use: (bytes: Uint8Array) => T): T;
  /** Gives memory and compressed copies back. Idempotent. */
  free(): void;
}

const entries = new WeakMap<Region, RegionEntry>();

/**
 * The arena's side of a region.
 * @throws CorralError ARENA_CLOSED for one that was freed, USAGE for one of another arena
 */
export function entryOf(arena: ArenaState, region: Region): RegionEntry {
  const entry = entries.get(region);
  if (entry === undefined || (!entry.freed && !arena.regions.has(entry))) {
    // Callers in JavaScript may pass anything.
    const name: unknown = (region as Region | undefined)?.name;
    throw new CorralError("USAGE", "the region is not of this arena", { object: String(name) });
  }
  checkOpen(entry);
  return entry;
}

/** @throws CorralError ARENA_CLOSED */
function checkOpen(entry: RegionEntry): void {
  if (!entry.freed) return;
  throw new CorralError("ARENA_CLOSED", `region ${entry.name} was freed`, {
    object: entry.name,
    fix: "use regions while they and their arena are open",
  });
}

/** The region that users have for an entry; `onFree` takes it out of the arena. */
export function makeRegion(arena: ArenaState, entry: RegionEntry, onFree: (entry: RegionEntry) => void): Region {
  const { memory, name, bytes } = entry;
  const { chunkBytes } = arena.settings;

  /** Calls `visit` for every chunk of a range, with where its part begins in the slab and in the range. */
  function eachPart(
    offset: number,
    length: number,
    visit: (chunk: number, view: Uint8Array, at: number, done: number, part: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const chunk = Math.floor((offset + done) / chunkBytes);
      const within = offset + done - chunk * chunkBytes;
      const part = Math.min(length - done, chunkBytes - within);
      visit(chunk, memory.slabOf(chunk).view, memory.offsetOf(chunk) + within, done, part);
      done += part;
    }
  }

  function readInto<T extends Uint8Array>(offset: number, into: T): T {
    checkRange(entry, offset, into.length);
    eachPart(offset, into.length, (chunk, view, at, done, part) => {
      if (openForRead(arena, entry, chunk)) into.set(view.subarray(at, at + part), done);
      else into.fill(0, done, done + part);
    });
    return into;
  }

  function read(offset: number, length: number): Uint8Array;
  function read<T extends Uint8Array>(offset: number, into: T): T;
  function read(offset: number, target: number | Uint8Array): Uint8Array {
    checkOpen(entry);
    if (target instanceof Uint8Array) return readInto(offset, target);
    checkRange(entry, offset, target);
    return readInto(offset, new Uint8Array(target));
  }

  function write(offset: number, source: Uint8Array): void {
    checkOpen(entry);
    if (!(source instanceof Uint8Array))
      throw new CorralError("USAGE", "a region is written from a Uint8Array", {
        object: name,
        fix: "Buffer.from(text)",
      });
    checkRange(entry, offset, source.length);
    eachPart(offset, source.length, (chunk, view, at, done, part) => {
      openForWrite(arena, entry, chunk, part === chunkBytes);
      view.set(source.subarray(done, done + part), at);
    });
  }

  const region: Region = {
    name,
    bytes,
    chunkBytes,
    get isOpen() {
      return !entry.freed;
    },
    read,
    write,
    touch(offset, op) {
      checkOpen(entry);
      checkRange(entry, offset, 1);
      if (op !== "increment" && op !== "xor")
        throw new CorralError("USAGE", 'a byte is touched by "increment" or "xor"', {
          object: name,
          found: String(op),
        });
      const chunk = Math.floor(offset / chunkBytes);
      openForWrite(arena, entry, chunk, false);
      const { view } = memory.slabOf(chunk);
      const at = memory.offsetOf(chunk) + offset - chunk * chunkBytes;
      view[at] = op === "increment" ? (view[at] as number) + 1 : (view[at] as number) ^ 1;
    },
    withPinned(range, use) {
      checkOpen(entry);
      checkRange(entry, range.offset, range.length);
      return openPinned(arena, entry, range, { read: readInto, write }, use);
    },
    free: () => onFree(entry),
    [Symbol.dispose]: () => onFree(entry),
  };
  entries.set(region, entry);
  return region;
}
