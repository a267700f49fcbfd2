import { readFile } from "node:fs/promises";
import type { Batch } from "./advice-plan.ts";
import { afterFailure, anonymousRanges, planBatches } from "./advice-plan.ts";
import { requireAddon } from "./native-addon.ts";
import { nativeCallError, nativeErrno } from "./native-error.ts";
import type { ProcessIdentity } from "./procfs.ts";
import { openProcess } from "./procfs.ts";

/** madvise(2): `cold` puts pages at the head of the queue of what is reclaimed, `pageout` reclaims them now. */
export const memoryAdvices = { cold: 20, pageout: 21 } as const;
export type MemoryAdvice = keyof typeof memoryAdvices;

/** What one call did. */
export interface AdviceSlice {
  /** Address space that the kernel went over. */
  readonly advisedBytes: number;
  /** Memory that was resident there before, as far as smaps told. */
  readonly residentBytes: number;
  /** Address space that it refused, such as memory unmapped since. */
  readonly skippedBytes: number;
  /** Why, the first time; null when nothing was. */
  readonly errno: string | null;
  readonly tookMs: number;
}

/** What the kernel says of one range; other errors are of the process or the whole call. */
const rangeErrors = new Set(["EINVAL", "ENOMEM", "EFAULT", "EAGAIN", "EINTR", "EIO"]);
// IOV_MAX, limits.h
const batchRanges = 1024;

function toPairs(batch: Batch): BigUint64Array {
  const pairs = new BigUint64Array(batch.length * 2);
  for (const [index, { start, bytes }] of batch.entries()) {
    pairs[2 * index] = start;
    pairs[2 * index + 1] = BigInt(bytes);
  }
  return pairs;
}

const totalOf = (batch: Batch, key: "bytes" | "residentBytes"): number =>
  batch.reduce((sum, range) => sum + range[key], 0);

/** One batch to its end: where the kernel stops at a range, that one is passed over. */
async function adviseBatch(pidfd: number, batch: Batch, advice: MemoryAdvice): Promise<AdviceSlice> {
  const addon = requireAddon();
  const begun = performance.now();
  let [advisedBytes, skippedBytes] = [0, 0];
  let errno: string | null = null;
  for (let left = batch; left.length > 0; ) {
    let done = 0;
    try {
      done = await addon.processMadvise(pidfd, toPairs(left), memoryAdvices[advice]);
    } catch (thrown) {
      const code = nativeErrno(thrown) ?? "";
      if (!rangeErrors.has(code)) throw thrown;
      errno ??= code;
    }
    advisedBytes += done;
    const after = afterFailure(left, done);
    skippedBytes += after.skippedBytes;
    left = after.rest;
  }
  return {
    advisedBytes,
    skippedBytes,
    errno,
    residentBytes: totalOf(batch, "residentBytes"),
    tookMs: performance.now() - begun,
  };
}

/**
 * Advises the kernel about all anonymous memory of a process (process_madvise(2), Linux 5.10), in calls of at most
 * `sliceBytes` on a thread of libuv's pool; who stops asking for slices stops it. Yields nothing for a process without any.
 * @param sliceBytes a multiple of the page size
 * @throws CorralError NATIVE_MISSING without the addon; NATIVE_CALL with EPERM without CAP_SYS_NICE or the right to read
 *   the process (ptrace(2)), ENOSYS before Linux 5.10, ESRCH when it is gone
 */
export async function* adviseAnonymous(
  identity: ProcessIdentity,
  advice: MemoryAdvice,
  sliceBytes: number,
): AsyncGenerator<AdviceSlice, void, undefined> {
  const pidfd = openProcess(identity);
  if (pidfd === null) throw goneError(identity.pid);
  try {
    const ranges = anonymousRanges(await readSmaps(identity.pid));
    for (const batch of planBatches(ranges, sliceBytes, batchRanges)) yield await adviseBatch(pidfd, batch, advice);
  } finally {
    requireAddon().close(pidfd);
  }
}

const goneError = (pid: number) => nativeCallError("process_madvise", { code: "ESRCH" }, `process ${pid}`);

/** In the pool: the kernel walks the page tables of the whole process meanwhile. */
async function readSmaps(pid: number): Promise<string> {
  const file = `/proc/${pid}/smaps`;
  try {
    return await readFile(file, "latin1");
  } catch (thrown) {
    const code = nativeErrno(thrown);
    if (code === "ENOENT" || code === "ESRCH") throw goneError(pid);
    throw nativeCallError("read", thrown, file);
  }
}
