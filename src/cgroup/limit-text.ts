import { formatExactBytes } from "../report/index.ts";
import type { BytesOrMax, IoMax, LimitKey, Limits } from "./limits.ts";

const ioMaxKeys = [
  ["rbps", "readBytesPerSec"],
  ["wbps", "writeBytesPerSec"],
  ["riops", "readOpsPerSec"],
  ["wiops", "writeOpsPerSec"],
] as const satisfies readonly (readonly [string, keyof IoMax])[];

/** One io.max line as the kernel writes it: `8:0 rbps=1048576 wiops=100`. */
export function ioMaxLine(limit: IoMax): string {
  const parts = ioMaxKeys.flatMap(([key, field]) => (limit[field] === null ? [] : [`${key}=${limit[field]}`]));
  return [limit.device, ...parts].join(" ");
}

/** The [io.max key, value] pairs that a limit sets. */
export function ioMaxPairs(limit: IoMax): readonly (readonly [string, BytesOrMax])[] {
  return ioMaxKeys.flatMap(([key, field]) => {
    const value = limit[field];
    return value === null ? [] : [[key, value] as const];
  });
}

/** The requested value of one limit as text for outcomes and plans. */
export function describeLimit(key: LimitKey, limits: Limits): string {
  switch (key) {
    case "cpuMax": {
      const max = limits.cpuMax;
      if (max === undefined || max.quotaUs === "max") return "max";
      const percent = Math.round((max.quotaUs / max.periodUs) * 10_000) / 100;
      return `${percent}% (${max.quotaUs} us per ${max.periodUs} us)`;
    }
    case "cpuBurstUs":
      return `${limits.cpuBurstUs} us`;
    case "ioMax":
      return (limits.ioMax ?? []).map(ioMaxLine).join(", ");
    case "ioLatency":
      return (limits.ioLatency ?? []).map((one) => `${one.device} target=${one.targetUs}us`).join(", ");
    case "memoryMin":
    case "memoryLow":
    case "memoryHigh":
    case "memoryMax":
    case "swapMax":
    case "zswapMax": {
      const bytes = limits[key];
      return typeof bytes === "number" ? formatExactBytes(bytes) : "max";
    }
    default:
      return String(limits[key]);
  }
}
