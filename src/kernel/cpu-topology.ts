import { readdirSync } from "node:fs";
import { parseNumberList } from "./number-list.ts";
import { readProcText } from "./proc-read.ts";

/** CPUs of a host and what they share. Lists are ascending; every CPU is in exactly one core, one cache and one node. */
export interface CpuTopology {
  readonly cpus: readonly number[];
  /** By their first CPUs. */
  readonly cores: readonly (readonly number[])[];
  /** Last-level caches, by their first CPUs; where the kernel tells none, the packages. */
  readonly llcs: readonly (readonly number[])[];
  /** By their numbers; one without CPUs has memory only. Node 0 with all CPUs on a kernel without NUMA. */
  readonly nodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
}

const readList = (file: string): readonly number[] | null => {
  const text = readProcText(file);
  return text === null ? null : parseNumberList(text);
};

/** Entries `<prefix><number>` of a directory, by number. */
function listNumbered(directory: string, prefix: string): readonly number[] {
  try {
    const numbers = readdirSync(directory).flatMap((name) =>
      name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)) ? [Number(name.slice(prefix.length))] : [],
    );
    return numbers.sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** CPUs that share the cache of the highest level that holds data (sysfs-devices-system-cpu). */
function cacheSharers(cpuDirectory: string): readonly number[] | null {
  let best: { readonly level: number; readonly sharers: readonly number[] } | null = null;
  for (const index of listNumbered(`${cpuDirectory}/cache`, "index")) {
    const cache = `${cpuDirectory}/cache/index${index}`;
    const level = Number(readProcText(`${cache}/level`) ?? Number.NaN);
    const sharers = readList(`${cache}/shared_cpu_list`);
    if (readProcText(`${cache}/type`)?.trim() === "Instruction" || sharers === null) continue;
    if (level > (best?.level ?? 0)) best = { level, sharers };
  }
  return best?.sharers ?? null;
}

/** Groups CPUs by what each of them tells of itself; one that tells nothing is alone. */
function groupCpus(
  cpus: readonly number[],
  sharersOf: (cpu: number) => readonly number[] | null,
): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>();
  for (const cpu of cpus) {
    const first = sharersOf(cpu)?.find((other) => cpus.includes(other)) ?? cpu;
    groups.set(first, [...(groups.get(first) ?? []), cpu]);
  }
  return [...groups.values()].sort(([a = 0], [b = 0]) => a - b);
}

function readNodes(directory: string, cpus: readonly number[]): CpuTopology["nodes"] {
  const nodes = listNumbered(directory, "node").map((id) => {
    const own = readList(`${directory}/node${id}/cpulist`) ?? [];
    return { id, cpus: cpus.filter((cpu) => own.includes(cpu)) };
  });
  const placed = new Set(nodes.flatMap((node) => node.cpus));
  return placed.size === cpus.length ? nodes : [{ id: 0, cpus }];
}

/** CPUs and memory nodes that this process may use (proc_pid_status(5)), whatever holds it to them; null: not told. */
function readAllowed(status: string, field: string): readonly number[] | null {
  const text = new RegExp(`^${field}_allowed_list:\\s*(\\S+)$`, "m").exec(readProcText(status) ?? "")?.[1];
  return text === undefined ? null : parseNumberList(text);
}

/**
 * Reads which CPUs are online and may be used by this process, with their cores, caches and nodes.
 * @param system directory of sysfs; the default is the host's
 * @param status the process's status file
 */
export function readCpuTopology(system = "/sys/devices/system", status = "/proc/self/status"): CpuTopology {
  const allowed = readAllowed(status, "Cpus");
  const nodesAllowed = readAllowed(status, "Mems");
  const online = readList(`${system}/cpu/online`) ?? allowed ?? [0];
  const cpus = online.filter((cpu) => allowed === null || allowed.includes(cpu));
  const about = (cpu: number, file: string): readonly number[] | null =>
    readList(`${system}/cpu/cpu${cpu}/topology/${file}`);
  const nodes = readNodes(`${system}/node`, cpus);
  return {
    cpus,
    cores: groupCpus(cpus, (cpu) => about(cpu, "thread_siblings_list")),
    llcs: groupCpus(cpus, (cpu) => cacheSharers(`${system}/cpu/cpu${cpu}`) ?? about(cpu, "core_siblings_list") ?? cpus),
    // A node whose memory we may not use is none of ours, but its CPUs are.
    nodes: nodes.filter(({ id, cpus: own }) => own.length > 0 || nodesAllowed === null || nodesAllowed.includes(id)),
  };
}
