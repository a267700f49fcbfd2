import { formatNumberList } from "../../kernel/index.ts";
import type { AffinityIntent } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import { readNumbers } from "./cpuset.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal, lacking, refuse } from "./refusal.ts";
import type { ResolvedAffinity } from "./resolved-work.ts";

/** What an affinity is resolved within. */
export interface AffinityPlace {
  /** CPUs that the group really has; null: no cpuset, so all CPUs of the topology. */
  readonly groupCpus: readonly number[] | null;
  /** A node whose CPUs alone count; null: none. */
  readonly numaNode: number | null;
}

type Resolved = ResolvedAffinity | Refusal;

const fixed = (cpus: readonly number[]): ResolvedAffinity => ({ kind: "fixed", cpus });
const common = (a: readonly number[], b: readonly number[]): readonly number[] => a.filter((one) => b.includes(one));

/** CPUs that an affinity is made of. */
function poolOf({ groupCpus, numaNode }: AffinityPlace, { cpus, nodes }: Topology): readonly number[] | Refusal {
  const group = groupCpus ?? cpus;
  if (numaNode === null) return group;
  const node = nodes.find(({ id }) => id === numaNode);
  if (node === undefined)
    return lacking(`there is no memory node ${numaNode}`, `name one of ${formatNumberList(nodes.map(({ id }) => id))}`);
  const pool = common(group, node.cpus);
  return pool.length > 0
    ? pool
    : lacking(
        `memory node ${numaNode} has none of the CPUs ${formatNumberList(group)} that its group has`,
        "name another node, or widen the cpuset",
      );
}

/** The cache that has most of the CPUs; the first of several. */
function llcAligned(pool: readonly number[], { llcs }: Topology): ResolvedAffinity {
  const shares = llcs.map((llc) => common(pool, llc));
  const best = shares.reduce((most, one) => (one.length > most.length ? one : most), []);
  return fixed(best);
}

function smtSiblingPair(pool: readonly number[], { cores }: Topology): Resolved {
  const [pair] = cores.map((core) => common(core, pool)).filter((threads) => threads.length > 1);
  return pair === undefined
    ? lacking(
        `no core has two hardware threads among the CPUs ${formatNumberList(pool)}`,
        "widen the cpuset, or use another affinity",
      )
    : fixed(pair.slice(0, 2));
}

const disjointLists = (wanted: readonly number[], pool: readonly number[]): Refusal =>
  lacking(
    `none of the CPUs ${formatNumberList(wanted)} is the group's, which has ${formatNumberList(pool)}`,
    "name CPUs of the group, or widen its cpuset",
  );

function randomSubset(wanted: readonly number[], count: number, pool: readonly number[]): Resolved {
  if (!Number.isInteger(count) || count < 1)
    return refuse(`a random subset needs a count of 1 or more, not ${count}`, "change count");
  const from = common(wanted, pool);
  if (from.length === 0) return disjointLists(wanted, pool);
  return { kind: "random", pool: from, count: Math.min(count, from.length) };
}

/**
 * Where workers of a group may run. One that cannot be met is refused, never left out; a random subset of more CPUs than there
 * are takes all.
 */
export function resolveAffinity(intent: AffinityIntent, place: AffinityPlace, topology: Topology): Resolved {
  const pool = poolOf(place, topology);
  if (isRefusal(pool)) return pool;
  if (pool.length === 0) return lacking("no CPU is left to the group", "widen its cpuset");
  if (typeof intent === "object") {
    const wanted = readNumbers("exact" in intent ? intent.exact : intent.randomSubset.from);
    if (isRefusal(wanted)) return wanted;
    if (!("exact" in intent)) return randomSubset(wanted, intent.randomSubset.count, pool);
    const cpus = common(wanted, pool);
    return cpus.length > 0 ? fixed(cpus) : disjointLists(wanted, pool);
  }
  switch (intent) {
    case "inherit":
      return place.numaNode === null ? { kind: "inherit" } : fixed(pool);
    case "llc_aligned":
      return llcAligned(pool, topology);
    case "single_cpu":
      return fixed(pool.slice(0, 1));
    case "smt_sibling_pair":
      return smtSiblingPair(pool, topology);
    case "cross_cgroup":
      return place.numaNode === null
        ? fixed(topology.cpus)
        : refuse("cross_cgroup is for all CPUs, and numa_node for those of one node", "give one of them");
  }
}

/**
 * CPUs of one worker; null: no call.
 * @param random a number from 0 to below 1, as Math.random
 */
export function drawCpus(affinity: ResolvedAffinity, random: () => number): readonly number[] | null {
  if (affinity.kind === "inherit") return null;
  if (affinity.kind === "fixed") return affinity.cpus;
  const left = [...affinity.pool];
  const drawn = Array.from({ length: affinity.count }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
  return drawn.sort((a, b) => a - b);
}
