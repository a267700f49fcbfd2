import type { ArenaMemory, Slab } from "./memory.ts";
import { memoryRefused } from "./native-memory.ts";

/**
 * Each slab in use is one mapping or two, of which a process may have 65530 (vm.max_map_count), and V8 aborts at the limit. 256 KiB
 * keep 4 GiB of regions at a fourth of it.
 */
const slabBytes = 256 * 2 ** 10;

/** ES2024, in Node 20. */
interface ResizableBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}

type ResizableConstructor = new (bytes: number, options: { maxByteLength: number }) => ResizableBuffer;

/** Resizing to nothing gives the memory back at once; dropping a buffer does when and if the collector and malloc agree. */
class PlainSlab implements Slab {
  readonly view: Uint8Array;
  readonly #buffer: ResizableBuffer;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#buffer = new (ArrayBuffer as unknown as ResizableConstructor)(0, { maxByteLength: bytes });
    this.view = new Uint8Array(this.#buffer);
  }

  acquire(): void {
    if (this.view.byteLength === this.#bytes) return;
    try {
      this.#buffer.resize(this.#bytes);
    } catch (thrown) {
      throw memoryRefused(this.#bytes, thrown);
    }
  }

  release(): void {
    this.#buffer.resize(0);
  }

  residentBytes(): null {
    return null;
  }

  openWindow(): null {
    return null;
  }

  close(): void {
    this.#buffer.resize(0);
  }
}

/** Without the addon: memory goes back in slabs of 256 KiB, once every chunk of one is compressed. */
export const plainMemory: ArenaMemory = {
  kind: "plain",
  unitBytes: slabBytes,
  regionSlabBytes: slabBytes,
  open(bytes) {
    try {
      return new PlainSlab(bytes);
    } catch (thrown) {
      throw memoryRefused(bytes, thrown);
    }
  },
};
