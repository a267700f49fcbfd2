import { formatNumberList } from "../../kernel/index.ts";
import { numbersOf } from "../file/index.ts";
import type { CpusetSpec, CpusetSpecs, Share } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import type { Refusal } from "./refusal.ts";
import { counted, isRefusal, lacking, refuse } from "./refusal.ts";

type Resolved = readonly number[] | Refusal;

const isPart = (value: number): boolean => Number.isFinite(value) && value >= 0 && value <= 1;

function llc(index: number, { llcs }: Topology): Resolved {
  const numbers = llcs.length === 1 ? "only 0" : `0 to ${llcs.length - 1}`;
  return (
    llcs[index] ??
    lacking(
      `there is no last-level cache ${index}: there ${llcs.length === 1 ? "is" : "are"} ${numbers}`,
      "name one of those",
    )
  );
}

function numa(id: number, { nodes }: Topology): Resolved {
  const node = nodes.find((one) => one.id === id);
  const withCpus = formatNumberList(nodes.filter(({ cpus }) => cpus.length > 0).map((one) => one.id));
  if (node === undefined)
    return lacking(`there is no memory node ${id}: those with CPUs are ${withCpus}`, "name one of those");
  return node.cpus.length > 0
    ? node.cpus
    : lacking(`memory node ${id} has no CPU: those with CPUs are ${withCpus}`, "name one of those");
}

function range({ start, end }: CpusetSpecs["range"], { usable }: Topology): Resolved {
  if (!isPart(start) || !isPart(end) || start >= end)
    return refuse(`a range needs 0 <= start < end <= 1, not ${start} to ${end}`, "change start or end");
  const cpus = usable.slice(Math.floor(usable.length * start), Math.floor(usable.length * end));
  return cpus.length > 0
    ? cpus
    : lacking(
        `resolved to 0 CPUs: from ${start} to ${end} of ${counted(usable.length, "usable CPU")} there is no whole one`,
        "make the range wider",
      );
}

function judgeShare({ index, of }: Share, { usable }: Topology): Refusal | null {
  if (!Number.isInteger(of) || of < 1) return refuse(`shares need "of" to be 1 or more, not ${of}`, 'change "of"');
  if (!Number.isInteger(index) || index < 0 || index >= of)
    return refuse(`share ${index} of ${of} does not exist`, `use an index from 0 to ${of - 1}`);
  if (usable.length < of)
    return lacking(
      `${of} shares need as many usable CPUs, and there are ${usable.length}`,
      "use fewer shares, or a topology with more CPUs",
    );
  return null;
}

function disjoint(share: Share, topology: Topology): Resolved {
  const { usable } = topology;
  const refusal = judgeShare(share, topology);
  if (refusal !== null) return refusal;
  const chunk = Math.floor(usable.length / share.of);
  const isLast = share.index === share.of - 1;
  return usable.slice(share.index * chunk, isLast ? usable.length : (share.index + 1) * chunk);
}

function overlap({ frac, ...share }: CpusetSpecs["overlap"], topology: Topology): Resolved {
  const { usable } = topology;
  const refusal = judgeShare(share, topology);
  if (refusal !== null) return refusal;
  if (!isPart(frac)) return refuse(`an overlap needs 0 <= frac <= 1, not ${frac}`, "change frac");
  const chunk = Math.floor(usable.length / share.of);
  const reach = Math.floor(chunk * frac);
  const isLast = share.index === share.of - 1;
  return usable.slice(
    share.index === 0 ? 0 : share.index * chunk - reach,
    isLast ? usable.length : Math.min((share.index + 1) * chunk + reach, usable.length),
  );
}

function exact(list: CpusetSpecs["exact"], { cpus }: Topology): Resolved {
  const wanted = readNumbers(list);
  if (isRefusal(wanted)) return wanted;
  const missing = wanted.filter((cpu) => !cpus.includes(cpu));
  return missing.length === 0
    ? wanted
    : lacking(
        `${missing.length === 1 ? "CPU" : "CPUs"} ${formatNumberList(missing)} ${missing.length === 1 ? "is" : "are"} not there: there ${cpus.length === 1 ? "is" : "are"} ${formatNumberList(cpus)}`,
        "leave them out, or use a share, which adapts",
      );
}

/** Numbers of a list, or why it is none. */
export function readNumbers(list: CpusetSpecs["exact"]): readonly number[] | Refusal {
  try {
    return numbersOf(list);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return refuse(`a list ${thrown.message}`, "name at least one number, such as 0-3,6");
  }
}

/**
 * CPUs that a group is to have: ascending, at least one, all of the topology. The remainder of disjoint shares is the last's.
 * llc, numa and exact are not restricted to usable CPUs.
 */
export function resolveCpuset(spec: CpusetSpec, topology: Topology): readonly number[] | Refusal {
  if ("llc" in spec) return llc(spec.llc, topology);
  if ("numa" in spec) return numa(spec.numa, topology);
  if ("range" in spec) return range(spec.range, topology);
  if ("disjoint" in spec) return disjoint(spec.disjoint, topology);
  if ("overlap" in spec) return overlap(spec.overlap, topology);
  return exact(spec.exact, topology);
}
