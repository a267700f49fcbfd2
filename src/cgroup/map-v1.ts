import { ioMaxPairs } from "./limit-text.ts";
import type { BytesOrMax, LimitKey, Limits } from "./limits.ts";
import { niceToShares } from "./nice-table.ts";
import type { Comparison, Mechanism, NoMechanism } from "./plan.ts";

const one = (file: string, value: string, comparison: Comparison = "text"): Mechanism => ({
  writes: [{ file, value }],
  checks: [{ file, expected: value, comparison }],
});

const impossible = (reason: string): NoMechanism => ({ impossible: reason });

/** v1 spells "no limit" as −1 and reads it back as a page-aligned huge number, so that is not compared. */
const v1Bytes = (file: string, value: BytesOrMax): Mechanism =>
  value === "max" ? { writes: [{ file, value: "-1" }], checks: [] } : one(file, String(value), "bytes");

/** `cpu.shares` of a v2 weight: 100 is 1024, the kernel clamps to 2..262144 (kernel/sched/sched.h). */
export const weightToShares = (weight: number): number => Math.max(2, Math.trunc((weight * 1024) / 100));

const throttleFiles: Readonly<Record<string, string>> = {
  rbps: "blkio.throttle.read_bps_device",
  wbps: "blkio.throttle.write_bps_device",
  riops: "blkio.throttle.read_iops_device",
  wiops: "blkio.throttle.write_iops_device",
};

/**
 * The control file of each limit on cgroup v1 (Documentation/admin-guide/cgroup-v1), or why v1 has none.
 */
export function mapToV1(key: LimitKey, limits: Limits): Mechanism | NoMechanism {
  switch (key) {
    case "cpuMax":
      return mapCpuMax(limits);
    case "cpuBurstUs":
      return one("cpu.cfs_burst_us", String(limits.cpuBurstUs));
    case "cpuWeight":
      return one("cpu.shares", String(weightToShares(limits.cpuWeight ?? 100)));
    case "cpuWeightNice":
      return one("cpu.shares", String(niceToShares(limits.cpuWeightNice ?? 0)));
    case "cpuIdle":
      return one("cpu.idle", limits.cpuIdle === true ? "1" : "0");
    case "cpusetCpus":
      return one("cpuset.cpus", limits.cpusetCpus ?? "", "list");
    case "cpusetMems":
      return one("cpuset.mems", limits.cpusetMems ?? "", "list");
    case "memoryMax":
      return v1Bytes("memory.limit_in_bytes", limits.memoryMax ?? "max");
    case "memoryHigh":
      return {
        ...v1Bytes("memory.soft_limit_in_bytes", limits.memoryHigh ?? "max"),
        weaker: "cgroup v1 has no memory.high; the soft limit only makes the group an earlier target of reclaim",
      };
    case "swapMax":
      return mapSwap(limits);
    case "ioWeight":
      return mapBfqWeight(limits.ioWeight ?? 100);
    case "ioMax":
      return mapThrottle(limits);
    case "pidsMax":
      return one("pids.max", String(limits.pidsMax));
    case "cpusetPartition":
    case "memoryMin":
    case "memoryLow":
    case "zswapMax":
    case "oomGroup":
    case "ioLatency":
      return impossible("cgroup v1 has no such control");
  }
}

function mapCpuMax(limits: Limits): Mechanism {
  const { quotaUs, periodUs } = limits.cpuMax ?? { quotaUs: "max" as const, periodUs: 100_000 };
  const quota = quotaUs === "max" ? "-1" : String(quotaUs);
  return {
    writes: [
      { file: "cpu.cfs_period_us", value: String(periodUs) },
      { file: "cpu.cfs_quota_us", value: quota },
    ],
    checks: [
      // In the order of the writes, as they are told and read again.
      { file: "cpu.cfs_period_us", expected: String(periodUs), comparison: "text" },
      { file: "cpu.cfs_quota_us", expected: quota, comparison: "text" },
    ],
  };
}

/** v1 limits memory and swap together, so a swap limit exists only on top of a memory limit. */
function mapSwap(limits: Limits): Mechanism | NoMechanism {
  const { memoryMax, swapMax } = limits;
  if (memoryMax === undefined || memoryMax === "max") {
    return impossible("cgroup v1 limits swap only together with memory; give --memory-limit too");
  }
  const total = swapMax === undefined || swapMax === "max" ? "max" : memoryMax + swapMax;
  return v1Bytes("memory.memsw.limit_in_bytes", total);
}

function mapBfqWeight(weight: number): Mechanism | NoMechanism {
  if (weight > 1000) return impossible("blkio.bfq.weight ends at 1000");
  return one("blkio.bfq.weight", String(weight));
}

function mapThrottle(limits: Limits): Mechanism {
  const writes = (limits.ioMax ?? []).flatMap((device) =>
    ioMaxPairs(device).map(([key, value]) => ({
      file: throttleFiles[key] ?? key,
      value: `${device.device} ${value === "max" ? 0 : value}`,
    })),
  );
  const checks = writes
    .filter((write) => !write.value.endsWith(" 0"))
    .map((write) => ({ file: write.file, expected: write.value, comparison: "device" as const }));
  return { writes, checks };
}
