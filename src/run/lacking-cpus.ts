import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { formatNumberList, parseNumberList } from "../kernel/index.ts";

/** What is handed out by number: CPUs, or memory nodes. */
export type Numbered = "cpus" | "mems";

const kinds = {
  cpus: { one: "CPU", many: "CPUs", online: "/sys/devices/system/cpu/online" },
  mems: { one: "memory node", many: "memory nodes", online: "/sys/devices/system/node/online" },
} as const;

/** Files of a cpuset group that say what it has, the best first (cgroup-v2.rst; cpuset(7)). */
const files = {
  cpus: ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"],
  mems: ["cpuset.mems.effective", "cpuset.effective_mems", "cpuset.mems"],
} as const;

function readList(path: string): readonly number[] | null {
  try {
    const numbers = parseNumberList(readFileSync(path, "latin1"));
    return numbers === null || numbers.length === 0 ? null : numbers;
  } catch {
    return null;
  }
}

/** What a group below this one can have at most: what it has itself, or the nearest above that has the controller. */
function held(directory: string, kind: Numbered): readonly number[] | null {
  for (let at = directory; at.startsWith("/") && at !== "/"; at = dirname(at)) {
    for (const file of files[kind]) {
      const numbers = readList(`${at}/${file}`);
      if (numbers !== null) return numbers;
    }
  }
  return null;
}

/** What of a list cannot be had. */
export interface Lacking {
  /** Nothing of the list can be had. */
  readonly all: boolean;
  /** For people. */
  readonly reason: string;
}

/**
 * What of a list no process of a group can have; null when nothing is lacking, or that is not known.
 * @param list in the kernel's form
 * @param parent directory that the group would be made in, or is; null: only what the whole host has is known
 */
export function findLacking(list: string, kind: Numbered, parent: string | null): Lacking | null {
  const has = (parent === null ? null : held(parent, kind)) ?? readList(kinds[kind].online);
  const wanted = parseNumberList(list);
  if (has === null || wanted === null) return null;
  const lacking = wanted.filter((number) => !has.includes(number));
  if (lacking.length === 0) return null;
  const { one, many } = kinds[kind];
  const names = `${lacking.length === 1 ? one : many} ${formatNumberList(lacking)}`;
  return { all: lacking.length === wanted.length, reason: `${names} cannot be had here; ${formatNumberList(has)} can` };
}
