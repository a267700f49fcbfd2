import { readFileSync } from "node:fs";
import { hostname, machine, release, totalmem } from "node:os";
import type { HostRecord } from "../../record/index.ts";
import type { Topology } from "../../topology/index.ts";

function cpuModel(): string | null {
  try {
    return /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}

const most = (lists: readonly (readonly number[])[]): number => Math.max(1, ...lists.map(({ length }) => length));

/** `{nodes}n{llcs}l{cores per llc}c{threads}t` */
export function topologyText({ nodes, llcs, cores }: Topology): string {
  const threads = most(cores);
  const coresOf = (llc: readonly number[]): number =>
    cores.filter((core) => core.some((cpu) => llc.includes(cpu))).length;
  const coresPerLlc = Math.max(1, ...llcs.map(coresOf));
  return `${nodes.length}n${llcs.length}l${coresPerLlc}c${threads}t`;
}

/** Where a run is. */
export const hostRecord = (topology: Topology, dilation: number, scheduler: string | null): HostRecord => ({
  hostname: hostname(),
  kernel: release(),
  machine: machine(),
  cpuModel: cpuModel(),
  cpus: topology.cpus,
  usableCpus: topology.usable,
  llcs: topology.llcs,
  nodes: Object.fromEntries(topology.nodes.map(({ id, cpus }) => [id, cpus])),
  topology: topologyText(topology),
  memoryBytes: totalmem(),
  dilation,
  scheduler,
});
