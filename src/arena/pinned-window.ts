import { noteWritten, openForWrite } from "./access.ts";
import type { ArenaState, RegionEntry } from "./arena-state.ts";
import type { MemoryWindow } from "./memory.ts";

/** How the bytes are copied where they cannot be had themselves. */
export interface CopyAccess {
  read(offset: number, into: Uint8Array): void;
  write(offset: number, bytes: Uint8Array): void;
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Empties a buffer and all its views. */
const detach = (buffer: ArrayBuffer): void => void structuredClone(buffer, { transfer: [buffer] });

/** A copy that is written back when it is closed, unless the region was freed meanwhile. */
function copyWindow(entry: RegionEntry, { offset, length }: Range, access: CopyAccess): MemoryWindow {
  const buffer = new ArrayBuffer(length);
  const bytes = new Uint8Array(buffer);
  access.read(offset, bytes);
  return {
    bytes,
    close() {
      try {
        if (!entry.freed) access.write(offset, bytes);
      } finally {
        detach(buffer);
      }
    },
  };
}

function openWindow(entry: RegionEntry, range: Range, first: number, access: CopyAccess): MemoryWindow {
  const { memory } = entry;
  const { offset, length } = range;
  const last = Math.floor((offset + length - 1) / memory.chunkBytes);
  if (length > 0 && last <= memory.lastInSlab(first)) {
    const at = memory.offsetOf(first) + (offset - first * memory.chunkBytes);
    const window = memory.slabOf(first).openWindow(at, length);
    if (window !== null) return window;
  }
  return copyWindow(entry, range, access);
}

function pin(entry: RegionEntry, chunks: readonly number[], by: 1 | -1): void {
  for (const chunk of chunks) {
    const pins = (entry.pins.get(chunk) ?? 0) + by;
    if (pins === 0) entry.pins.delete(chunk);
    else entry.pins.set(chunk, pins);
  }
}

/** Whether a value is waited for; a promise of any make. */
const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** Restores the chunks of a range, keeps them in memory, and lends the bytes to `use`. */
export function openPinned<T>(
  arena: ArenaState,
  entry: RegionEntry,
  range: Range,
  access: CopyAccess,
  use: (bytes: Uint8Array) => T,
): T {
  const { chunkBytes } = arena.settings;
  const first = Math.floor(range.offset / chunkBytes);
  const end = range.length === 0 ? first : Math.floor((range.offset + range.length - 1) / chunkBytes) + 1;
  const chunks = Array.from({ length: end - first }, (_, index) => first + index);
  for (const chunk of chunks) openForWrite(arena, entry, chunk, false);
  const window = openWindow(entry, range, first, access);
  pin(entry, chunks, 1);
  const close = (): void => {
    pin(entry, chunks, -1);
    window.close();
    if (!entry.freed) for (const chunk of chunks) noteWritten(arena, entry, chunk);
  };
  let answer: T;
  try {
    answer = use(window.bytes);
  } catch (thrown) {
    close();
    throw thrown;
  }
  if (!isPromise(answer)) {
    close();
    return answer;
  }
  return Promise.resolve(answer).finally(close) as T;
}
