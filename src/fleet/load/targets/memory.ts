import type { LoadOperation, LoadTarget } from "../target.ts";

const defaultBytes = 64 * 2 ** 20;
const pageBytes = 4096;

export interface MemoryOptions {
  /** Memory that is touched. */
  readonly size?: number;
}

/** Copies from and to random places of a block of memory, each of whose pages was touched before the start. */
export function memoryTarget({ size = defaultBytes }: MemoryOptions, operationBytes: number): LoadTarget {
  const bytes = Math.max(size, operationBytes);
  let block = Buffer.alloc(0);
  let scratch = Buffer.alloc(0);
  return {
    prepareSteps: 1,
    prepare: async (done) => {
      const began = performance.now();
      block = Buffer.alloc(bytes);
      scratch = Buffer.alloc(operationBytes, 1);
      for (let at = 0; at < bytes; at += pageBytes) block[at] = 1;
      done("put", bytes, (performance.now() - began) * 1000);
    },
    perform: (operation: LoadOperation) => {
      const at = Math.floor(Math.random() * (bytes - operationBytes + 1));
      if (operation === "get") block.copy(scratch, 0, at, at + operationBytes);
      else if (operation === "put") scratch.copy(block, at);
      else throw new Error(`memory has no ${operation}`);
      return operationBytes;
    },
    close: async () => {
      block = Buffer.alloc(0);
    },
  };
}
