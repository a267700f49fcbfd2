import type { NativeAddon } from "../kernel/index.ts";
import { memoryAdvice, nativeErrno } from "../kernel/index.ts";
import { CorralError, formatExactBytes } from "../report/index.ts";
import type { ArenaMemory, MemoryWindow, Slab } from "./memory.ts";

/** Far below the largest ArrayBuffer of Node 20, 4 GiB. */
const regionSlabBytes = 256 * 2 ** 20;

class NativeSlab implements Slab {
  readonly view: Uint8Array;
  readonly #addon: NativeAddon;
  readonly #buffer: ArrayBuffer;

  constructor(addon: NativeAddon, bytes: number) {
    this.#addon = addon;
    this.#buffer = addon.mapMemory(bytes);
    this.view = new Uint8Array(this.#buffer);
    try {
      // A huge page is not given back by parts.
      addon.adviseMemory(this.#buffer, 0, bytes, memoryAdvice.noHugePage);
    } catch {
      // Kernels without huge pages do not know the advice.
    }
  }

  acquire(): void {}

  release(offset: number, length: number): void {
    this.#addon.adviseMemory(this.#buffer, offset, length, memoryAdvice.dontNeed);
  }

  residentBytes(): number {
    return this.#addon.residentBytes(this.#buffer, 0, this.view.byteLength);
  }

  openWindow(offset: number, length: number): MemoryWindow {
    const buffer = this.#addon.windowMemory(this.#buffer, offset, length);
    return { bytes: new Uint8Array(buffer), close: () => this.#addon.detachMemory(buffer) };
  }

  close(): void {
    // The mapping itself goes when the collector has noticed, and when nobody packs from it any more.
    this.release(0, this.view.byteLength);
    this.#addon.detachMemory(this.#buffer);
  }
}

/** The error for memory that the kernel or V8 refused. */
export function memoryRefused(bytes: number, cause: unknown): CorralError {
  return new CorralError("ARENA_MEMORY", `${formatExactBytes(bytes)} of memory for the arena cannot be had`, {
    found: nativeErrno(cause) ?? (cause instanceof Error ? cause.message : String(cause)),
    fix: "ask for less, or raise the limit that stands in the way (ulimit -v, memory.max, vm.overcommit_memory)",
    cause,
  });
}

/** mmap(2) and madvise(2): single pages go back to the kernel. */
export function nativeMemory(addon: NativeAddon): ArenaMemory {
  return {
    kind: "native",
    unitBytes: addon.pageBytes(),
    regionSlabBytes,
    open(bytes) {
      try {
        return new NativeSlab(addon, bytes);
      } catch (thrown) {
        throw memoryRefused(bytes, thrown);
      }
    },
  };
}
