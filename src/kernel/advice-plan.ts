import { smapsField } from "./memory-use.ts";

/** A part of an address space; numbers as the kernel prints them, in hexadecimal beyond what a double holds. */
export interface MemoryRange {
  readonly start: bigint;
  readonly bytes: number;
  /** Of it, resident memory that is the process's own. */
  readonly residentBytes: number;
}

interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly permissions: string;
  readonly inode: string;
  readonly name: string;
}

const headerPattern = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)\s*(.*)$/;
// proc_pid_smaps(5): locked, huge, raw page frames, IO. The kernel advises none of them.
const barredFlags = new Set(["lo", "ht", "pf", "io"]);

function parseHeader(line: string): Mapping | null {
  const match = headerPattern.exec(line);
  if (match === null) return null;
  const [, start = "0", end = "0", permissions = "", inode = "", name = ""] = match;
  return { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), permissions, inode, name };
}

/** Memory that no file backs and nobody else maps: heap, stack, and what was mapped without a file. */
const isAnonymous = ({ permissions, inode, name }: Mapping): boolean =>
  permissions.endsWith("p") &&
  inode === "0" &&
  (name === "" || name === "[heap]" || name === "[stack]" || name.startsWith("[anon:"));

const mayBeAdvised = (body: string): boolean =>
  !(/^VmFlags:\s*(.*)$/m.exec(body)?.[1] ?? "").split(" ").some((flag) => barredFlags.has(flag));

/** The anonymous ranges of a process that hold memory now, from the text of /proc/PID/smaps, in its order. */
export function anonymousRanges(smaps: string): MemoryRange[] {
  // Every mapping begins with its addresses; the fields below it begin with a capital.
  return smaps.split(/\n(?=[0-9a-f])/).flatMap((entry) => {
    const newline = entry.indexOf("\n");
    const mapping = newline < 0 ? null : parseHeader(entry.slice(0, newline));
    if (mapping === null || !isAnonymous(mapping)) return [];
    const body = entry.slice(newline + 1);
    const residentBytes = smapsField(body, "Anonymous") ?? 0;
    if (residentBytes === 0 || !mayBeAdvised(body)) return [];
    return [{ start: mapping.start, bytes: Number(mapping.end - mapping.start), residentBytes }];
  });
}

/** Ranges of one call. */
export type Batch = readonly MemoryRange[];

/** Cuts a range into pieces of at most `bytes`, its residents spread evenly. */
function cut(range: MemoryRange, bytes: number): MemoryRange[] {
  const pieces: MemoryRange[] = [];
  for (let at = 0; at < range.bytes; at += bytes) {
    const length = Math.min(bytes, range.bytes - at);
    const residentBytes = Math.round((range.residentBytes * length) / range.bytes);
    pieces.push({ start: range.start + BigInt(at), bytes: length, residentBytes });
  }
  return pieces;
}

/**
 * The ranges as calls of at most `batchBytes` and `batchRanges` each, so that nobody waits long for one of them to end.
 * `batchBytes` is a multiple of the page size.
 */
export function planBatches(ranges: readonly MemoryRange[], batchBytes: number, batchRanges: number): Batch[] {
  const batches: MemoryRange[][] = [];
  let room = 0;
  for (const piece of ranges.flatMap((range) => cut(range, batchBytes))) {
    const last = batches.at(-1);
    if (last === undefined || piece.bytes > room || last.length === batchRanges) {
      batches.push([piece]);
      room = batchBytes - piece.bytes;
    } else {
      last.push(piece);
      room -= piece.bytes;
    }
  }
  return batches;
}

/** The ranges that are left of a batch once the kernel stopped after `advisedBytes`; the range that stopped it is left out. */
export function afterFailure(
  batch: Batch,
  advisedBytes: number,
): { readonly rest: Batch; readonly skippedBytes: number } {
  let done = 0;
  for (const [index, range] of batch.entries()) {
    if (done + range.bytes > advisedBytes)
      return { rest: batch.slice(index + 1), skippedBytes: done + range.bytes - advisedBytes };
    done += range.bytes;
  }
  return { rest: [], skippedBytes: 0 };
}
