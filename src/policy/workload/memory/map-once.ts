import { loadAddon } from "../../../kernel/index.ts";

/** An ArrayBuffer whose length can change: what is cut off goes back to the kernel at once. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };
type MakeResizable = new (bytes: number, options: { readonly maxByteLength: number }) => Resizable;

/**
 * Maps anonymous memory, has it used and unmaps it: mmap(2) and munmap(2) by the addon, without it a buffer that is cut to
 * nothing.
 */
export function mapOnce(bytes: number, use: (memory: Uint8Array) => void): void {
  const addon = loadAddon();
  if (addon === null) {
    const buffer = new (ArrayBuffer as unknown as MakeResizable)(bytes, { maxByteLength: bytes });
    use(new Uint8Array(buffer));
    buffer.resize(0);
    return;
  }
  const buffer = addon.mapMemory(bytes);
  use(new Uint8Array(buffer));
  addon.detachMemory(buffer);
}
