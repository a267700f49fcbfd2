import type { Disk } from "../cgroup/index.ts";
import { weightedDisks } from "../cgroup/index.ts";
import type { Finding } from "./finding.ts";
import { readText } from "./read.ts";

/** What proportional weights are worth on one disk; `offered` are the schedulers it could be switched to. */
export function judgeDisk(disk: Disk, offered: readonly string[]): Finding {
  const weighted = weightedDisks([disk]).length > 0;
  const how = disk.iocost ? "iocost" : "BFQ";
  const remedy = offered.includes("bfq")
    ? `; echo bfq > /sys/block/${disk.name}/queue/scheduler would change that`
    : "";
  return {
    group: "disks",
    name: disk.name,
    status: weighted ? "yes" : "partly",
    found: `scheduler ${disk.scheduler}, iocost ${disk.iocost ? "on" : "off"}`,
    probe: `/sys/block/${disk.name}/queue/scheduler, io.cost.qos`,
    consequence: weighted
      ? `--io-weight counts (${how})`
      : `--io-weight has no effect, an IO priority stands in${remedy}`,
    facts: { device: disk.device, scheduler: disk.scheduler, iocost: disk.iocost, offered },
  };
}

const offeredBy = (name: string): string[] =>
  (readText(`/sys/block/${name}/queue/scheduler`) ?? "").replace(/[[\]]/g, "").split(/\s+/).filter(Boolean);

/** Probes of the section Disks: one finding per disk that has a medium. */
export function findDisks(disks: readonly Disk[]): Finding[] {
  const present = disks.filter(({ name }) => readText(`/sys/block/${name}/size`) !== "0");
  if (present.length > 0) return present.map((disk) => judgeDisk(disk, offeredBy(disk.name)));
  return [
    {
      group: "disks",
      name: "disks",
      status: "unknown",
      found: "none is visible",
      probe: "/sys/block",
      consequence: "--io-weight has no effect, an IO priority stands in; --io-max needs a device number",
      facts: {},
    },
  ];
}
