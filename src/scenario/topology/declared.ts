import { parseNumberIn, quote } from "../../report/index.ts";
import type { Topology } from "./topology.ts";
import { topologyOf } from "./topology.ts";

/** Linux is built for 8192 CPUs at most (CONFIG_NR_CPUS). */
const mostCpus = 8192;
const mostNodes = 1024;

/** A machine whose parts are all alike. */
interface Machine {
  readonly cpus: number;
  readonly nodes: number;
  readonly llcs: number;
  readonly threads: number;
}

const words = ["cpus", "numa", "llc", "threads"] as const;
type Word = (typeof words)[number];

/** `cpus=8,numa=2,llc=4,threads=2` */
function readWords(text: string): Machine {
  const found = new Map<Word, number>();
  for (const part of text.split(",")) {
    const [key = "", value = "", ...rest] = part.split("=");
    const word = words.find((one) => one === key.trim());
    if (word === undefined || rest.length > 0)
      throw new RangeError(`expects cpus=N,numa=N,llc=N,threads=N, or 2n4l4c2t; it knows no ${quote(part)}`);
    if (found.has(word)) throw new RangeError(`has ${word} twice: ${quote(text)}`);
    try {
      found.set(word, parseNumberIn(value, 1, word === "numa" ? mostNodes : mostCpus, { integer: true }));
    } catch (cause) {
      throw new RangeError(`has a wrong ${word}: it ${(cause as RangeError).message}`, { cause });
    }
  }
  const cpus = found.get("cpus");
  if (cpus === undefined) throw new RangeError(`needs cpus=N: ${quote(text)}`);
  const nodes = found.get("numa") ?? 1;
  return { cpus, nodes, llcs: found.get("llc") ?? nodes, threads: found.get("threads") ?? 1 };
}

/** `2n4l4c2t`: nodes, caches of all nodes together, cores per cache, hardware threads per core. */
function readShort(text: string): Machine | null {
  const match = /^(\d{1,4})n(\d{1,4})l(\d{1,4})c(\d{1,4})t$/.exec(text);
  if (match === null) return null;
  const [nodes = 0, llcs = 0, cores = 0, threads = 0] = match.slice(1).map(Number);
  const cpus = llcs * cores * threads;
  if (cpus < 1 || cpus > mostCpus || nodes < 1 || nodes > mostNodes)
    throw new RangeError(
      `expects 1 to ${mostCpus} CPUs and 1 to ${mostNodes} nodes, not ${cpus} and ${nodes}: ${quote(text)}`,
    );
  return { cpus, nodes, llcs, threads };
}

/** Numbers 0 to n − 1 in stretches of equal length. */
const stretches = (n: number, count: number): readonly (readonly number[])[] => {
  const length = n / count;
  return Array.from({ length: count }, (_, at) => Array.from({ length }, (__, one) => at * length + one));
};

/**
 * Reads a topology that is declared in words, `cpus=8,numa=2,llc=4,threads=2`, or short, `2n4l1c2t`. CPUs are numbered by
 * node, cache, core and thread. Without them there is one node, a last-level cache per node, and a thread per core.
 * @throws RangeError whose message completes "--topology …"
 */
export function parseTopology(text: string): Topology {
  const machine = readShort(text.trim()) ?? readWords(text.trim());
  const { cpus, nodes, llcs, threads } = machine;
  if (llcs % nodes !== 0)
    throw new RangeError(`needs as many caches in every node: ${llcs} are no multiple of ${nodes} nodes`);
  if (cpus % (llcs * threads) !== 0)
    throw new RangeError(
      `needs as many whole cores in every cache: ${cpus} CPUs are no multiple of ${llcs} caches and ${threads} threads per core`,
    );
  return topologyOf(
    {
      cpus: stretches(cpus, 1).flat(),
      cores: stretches(cpus, cpus / threads),
      llcs: stretches(cpus, llcs),
      nodes: stretches(cpus, nodes).map((own, id) => ({ id, cpus: own })),
    },
    text.trim(),
  );
}
