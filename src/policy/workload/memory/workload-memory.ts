import type { Arena } from "../../../arena/index.ts";
import type { FillPage } from "../load/content.ts";

/** What a touch does to a byte of a page, as the original's arena. */
export type TouchOp = "increment" | "xor";

/** The memory that a workload uses, in pages of 4 KiB. */
export interface WorkloadMemory {
  readonly pageCount: number;
  /** Writes a page, so that it is in memory. */
  writePage(index: number, fill: FillPage): void;
  /** Changes the first byte of a page. */
  touch(index: number, op: TouchOp): void;
  /** The arena it is in; null: it is plain memory, which cannot be compressed. */
  readonly arena: Arena | null;
  /** Gives all of it back. */
  close(): void;
}

export const pageBytes = 4096;
export const bytesPerMib = 2 ** 20;
