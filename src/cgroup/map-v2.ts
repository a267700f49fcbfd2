import { ioMaxLine, ioMaxPairs } from "./limit-text.ts";
import type { LimitKey, Limits } from "./limits.ts";
import type { Comparison, Mechanism, PlanFacts } from "./plan.ts";

const one = (file: string, value: string, comparison: Comparison = "text"): Mechanism => ({
  writes: [{ file, value }],
  checks: [{ file, expected: value, comparison }],
});

const bytes = (file: string, value: number | "max"): Mechanism => one(file, String(value), "bytes");

/**
 * The control file of each limit on cgroup v2 (Documentation/admin-guide/cgroup-v2.rst). Total over
 * the keys: v2 has a mechanism for every limit Corral knows.
 */
export function mapToV2(key: LimitKey, limits: Limits, facts: PlanFacts): Mechanism {
  const { cpuMax } = limits;
  switch (key) {
    case "cpuMax":
      return one("cpu.max", cpuMax === undefined ? "max" : `${cpuMax.quotaUs} ${cpuMax.periodUs}`);
    case "cpuBurstUs":
      return one("cpu.max.burst", String(limits.cpuBurstUs));
    case "cpuWeight":
      return one("cpu.weight", String(limits.cpuWeight));
    case "cpuWeightNice":
      return one("cpu.weight.nice", String(limits.cpuWeightNice));
    case "cpuIdle":
      return one("cpu.idle", limits.cpuIdle === true ? "1" : "0");
    case "cpusetCpus":
      return {
        writes: [{ file: "cpuset.cpus", value: limits.cpusetCpus ?? "" }],
        checks: [{ file: "cpuset.cpus.effective", expected: limits.cpusetCpus ?? "", comparison: "list" }],
      };
    case "cpusetMems":
      return {
        writes: [{ file: "cpuset.mems", value: limits.cpusetMems ?? "" }],
        checks: [{ file: "cpuset.mems.effective", expected: limits.cpusetMems ?? "", comparison: "list" }],
      };
    case "cpusetPartition":
      return one("cpuset.cpus.partition", limits.cpusetPartition ?? "member");
    case "memoryMin":
      return bytes("memory.min", limits.memoryMin ?? 0);
    case "memoryLow":
      return bytes("memory.low", limits.memoryLow ?? 0);
    case "memoryHigh":
      return bytes("memory.high", limits.memoryHigh ?? "max");
    case "memoryMax":
      return bytes("memory.max", limits.memoryMax ?? "max");
    case "swapMax":
      return bytes("memory.swap.max", limits.swapMax ?? "max");
    case "zswapMax":
      return bytes("memory.zswap.max", limits.zswapMax ?? "max");
    case "oomGroup":
      return one("memory.oom.group", limits.oomGroup === true ? "1" : "0");
    case "ioWeight":
      return one(facts.bfq ? "io.bfq.weight" : "io.weight", String(limits.ioWeight), "weight");
    case "ioMax":
      return mapIoMax(limits);
    case "ioLatency":
      return mapIoLatency(limits);
    case "pidsMax":
      return one("pids.max", String(limits.pidsMax));
  }
}

function mapIoMax(limits: Limits): Mechanism {
  const devices = limits.ioMax ?? [];
  return {
    writes: devices.map((device) => ({ file: "io.max", value: ioMaxLine(device) })),
    checks: devices.flatMap((device) =>
      ioMaxPairs(device)
        .filter(([, value]) => value !== "max")
        .map(([name, value]) => ({
          file: "io.max",
          expected: `${device.device} ${name}=${value}`,
          comparison: "device" as const,
        })),
    ),
  };
}

function mapIoLatency(limits: Limits): Mechanism {
  const lines = (limits.ioLatency ?? []).map((target) => `${target.device} target=${target.targetUs}`);
  return {
    writes: lines.map((value) => ({ file: "io.latency", value })),
    checks: lines.map((expected) => ({ file: "io.latency", expected, comparison: "device" as const })),
  };
}
