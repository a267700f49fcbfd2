import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { IoLatency, IoMax } from "../../cgroup/index.ts";
import { resolveDisk } from "../../cgroup/index.ts";
import { parseNumberIn, parseSizeOrMax, quote } from "../../report/index.ts";
import { durationUs } from "./values.ts";

/** Resolves the disk of an IO limit, or says how to name one. */
function diskOf(text: string): string {
  const device = text === "" ? null : resolveDisk(text === "tmpdir" ? resolve(tmpdir()) : text);
  if (device === null)
    throw new RangeError(
      `names no disk: ${quote(text)}; use MAJ:MIN, a name such as sda, a path on the disk, or tmpdir, the disk of temporary files`,
    );
  return device;
}

/** The keys of an IO limit as the kernel calls them. */
const ioMaxFields = {
  rbps: "readBytesPerSec",
  wbps: "writeBytesPerSec",
  riops: "readOpsPerSec",
  wiops: "writeOpsPerSec",
} as const;

/** `DISK rbps=10M wbps=5M riops=100 wiops=50`; parts may be separated by spaces or commas. */
export function ioMaxSpec(text: string): IoMax {
  const [disk = "", ...pairs] = text.trim().split(/[\s,]+/);
  const limit = {
    device: diskOf(disk),
    readBytesPerSec: null,
    writeBytesPerSec: null,
    readOpsPerSec: null,
    writeOpsPerSec: null,
  };
  const values: { -readonly [K in keyof IoMax]: IoMax[K] } = limit;
  if (pairs.length === 0)
    throw new RangeError(`needs at least one of rbps= wbps= riops= wiops= after the disk: ${quote(text)}`);
  for (const pair of pairs) {
    const [key = "", value = ""] = pair.split("=", 2);
    const field = Object.hasOwn(ioMaxFields, key) ? ioMaxFields[key as keyof typeof ioMaxFields] : undefined;
    if (field === undefined) throw new RangeError(`knows rbps, wbps, riops and wiops, not ${quote(pair)}`);
    values[field] = key.endsWith("bps")
      ? parseSizeOrMax(value, 1)
      : value === "max"
        ? "max"
        : parseNumberIn(value, 1, 2 ** 32 - 1, { integer: true });
    if (values[field] === 0) throw new RangeError(`cannot be zero: ${quote(pair)}`);
  }
  return values;
}

/** `DISK 20ms`: a latency target. */
export function ioLatencySpec(text: string): IoLatency {
  const [disk = "", target = "", ...rest] = text.trim().split(/[\s,]+/);
  if (target === "" || rest.length > 0)
    throw new RangeError(`expects a disk and a duration, such as "sda 20ms", not ${quote(text)}`);
  return { device: diskOf(disk), targetUs: durationUs(target.replace(/^target=/, "")) };
}
