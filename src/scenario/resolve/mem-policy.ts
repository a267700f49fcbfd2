import { formatNumberList } from "../../kernel/index.ts";
import type { MemPolicy, MemPolicyFlag } from "../model/index.ts";
import { memPolicyFlags } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import { readNumbers } from "./cpuset.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal, lacking, refuse } from "./refusal.ts";
import type { ResolvedWork } from "./resolved-work.ts";

/** MPOL_* of linux/mempolicy.h. */
const modes = { preferred: 1, bind: 2, interleave: 3, local: 4, preferredMany: 5, weightedInterleave: 6 } as const;
type Mode = keyof typeof modes;
type NodeMode = Exclude<Mode, "local">;

/** Kinds that NUMA balancing goes with (mm/mempolicy.c). */
const balancingModes: readonly Mode[] = ["bind", "preferredMany"];

interface Policy {
  readonly mode: Mode;
  /** Null: it has none. */
  readonly nodes: readonly number[] | null;
}

function readPolicy(policy: Exclude<MemPolicy, "default">): Policy | Refusal {
  if (policy === "local") return { mode: "local", nodes: null };
  const [mode, list] = Object.entries(policy)[0] as [NodeMode, string | readonly number[] | number];
  const nodes = typeof list === "number" ? [list] : readNumbers(list);
  return isRefusal(nodes) ? nodes : { mode, nodes };
}

function judgeFlags(policy: MemPolicy, flags: readonly MemPolicyFlag[]): Refusal | null {
  const unknown = flags.find((flag) => !Object.hasOwn(memPolicyFlags, flag));
  if (unknown !== undefined)
    return refuse(`there is no flag ${unknown}`, `use ${Object.keys(memPolicyFlags).join(", ")}`);
  const [flag] = flags;
  if (flags.includes("static_nodes") && flags.includes("relative_nodes"))
    return refuse("static_nodes and relative_nodes exclude each other", "give one of them");
  if (policy === "default" && flag !== undefined)
    return refuse(`${flag} needs a memory policy`, "add mem_policy, or leave the flag out");
  const positional = flags.find((one) => one !== "numa_balancing");
  if (policy === "local" && positional !== undefined)
    return refuse(`${positional} needs a policy with nodes, and local has none`, "leave the flag out");
  const mode = typeof policy === "string" ? policy : Object.keys(policy)[0];
  if (flags.includes("numa_balancing") && !balancingModes.some((one) => one === mode))
    return refuse("numa_balancing goes with bind and preferred_many only", "change the policy or leave the flag out");
  return null;
}

/**
 * Whether the nodes are such as are meant. static_nodes: they need only exist. relative_nodes: they are counted from the first
 * that is allowed, so any will do. Else they must be allowed. An intent is judged here; the kernel would take some of these.
 */
function judgeNodes(
  nodes: readonly number[],
  flags: readonly MemPolicyFlag[],
  allowed: readonly number[] | null,
  topology: Topology,
): Refusal | null {
  if (flags.includes("relative_nodes")) return null;
  const existing = topology.nodes.map(({ id }) => id);
  const absent = nodes.filter((node) => !existing.includes(node));
  if (absent.length > 0 && (allowed === null || flags.includes("static_nodes")))
    return lacking(
      `memory node ${formatNumberList(absent)} is not there: there is ${formatNumberList(existing)}`,
      "name nodes that are",
    );
  const outside = nodes.filter((node) => !(allowed ?? nodes).includes(node));
  if (outside.length === 0 || flags.includes("static_nodes")) return null;
  return lacking(
    `memory node ${formatNumberList(outside)} is none of the group's, which has ${formatNumberList(allowed ?? [])}`,
    "add the flag static_nodes, or widen the cpuset or cpuset_mems of the group",
  );
}

/**
 * The call of set_mempolicy(2) for a policy; null for none.
 * @param allowed nodes of the group: its memory nodes, else those of its cpuset; null: it has neither
 */
export function resolveMemPolicy(
  policy: MemPolicy,
  flags: readonly MemPolicyFlag[],
  allowed: readonly number[] | null,
  topology: Topology,
): { readonly call: ResolvedWork["memoryPolicy"] } | Refusal {
  const wrong = judgeFlags(policy, flags);
  if (wrong !== null) return wrong;
  if (policy === "default") return { call: null };
  const read = readPolicy(policy);
  if (isRefusal(read)) return read;
  const refusal = read.nodes === null ? null : judgeNodes(read.nodes, flags, allowed, topology);
  if (refusal !== null) return refusal;
  const bits = flags.reduce((sum, flag) => sum | memPolicyFlags[flag], 0);
  return { call: { mode: modes[read.mode] | bits, nodes: read.nodes ?? [] } };
}
