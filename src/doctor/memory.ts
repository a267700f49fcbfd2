import { formatBytes } from "../report/index.ts";
import type { Finding } from "./finding.ts";
import type { Place } from "./places.ts";
import { readText } from "./read.ts";

/** One swap area of /proc/swaps, proc_swaps(5). */
export interface SwapArea {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** Parses /proc/swaps; its sizes are in KiB. */
export function parseSwaps(text: string): SwapArea[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [name, , size, used] = line.trim().split(/\s+/);
      if (name === undefined || size === undefined || used === undefined) return [];
      return [{ name, sizeBytes: Number(size) * 1024, usedBytes: Number(used) * 1024 }];
    });
}

/** Swap space, of any kind; `text` is /proc/swaps or null. */
export function judgeSwap(text: string | null): Finding {
  const areas = text === null ? [] : parseSwaps(text);
  const total = areas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const has = areas.length > 0;
  return {
    group: "memory",
    name: "swap",
    status: text === null ? "unknown" : has ? "yes" : "no",
    found:
      text === null
        ? "/proc/swaps cannot be read"
        : has
          ? `${formatBytes(total)} in ${areas.map(({ name }) => name).join(", ")}`
          : "none",
    probe: "/proc/swaps",
    consequence: has
      ? "a memory limit pushes pages into swap first; --swap-max bounds that"
      : "--swap-max changes nothing; at its memory limit a workload is killed rather than swapped",
    facts: { areas: areas.map(({ name }) => name), size_bytes: text === null ? null : total },
  };
}

/** The compressed cache in front of swap; both texts are files below /sys/module/zswap, or null. */
export function judgeZswap(enabled: string | null, swap: boolean): Finding {
  const on = enabled === "Y";
  return {
    group: "memory",
    name: "zswap",
    status: on ? (swap ? "yes" : "partly") : "no",
    found: enabled === null ? "not in this kernel" : on ? "on" : "off",
    probe: "/sys/module/zswap/parameters/enabled",
    consequence: on
      ? swap
        ? "--zswap-max bounds the compressed part of a group"
        : "idle: there is no swap behind it"
      : "--zswap-max changes nothing",
    facts: { enabled: enabled === null ? null : on },
  };
}

/** Which files count the memory a group used at most. */
export function judgePeak(place: Place | undefined): Finding {
  const attempt = place?.attempt ?? null;
  const base = { group: "memory", name: "peak usage", probe: "files of a memory group made for it" } as const;
  const fallback = "the peak is that of the largest single process (wait4(2)), where it can be told at all";
  if (place === undefined || attempt === null || !attempt.made) {
    return {
      ...base,
      status: "no",
      found: place?.reason ?? "no group with the memory controller was made",
      consequence: fallback,
      facts: { file: null },
    };
  }
  const file = ["memory.peak", "memory.max_usage_in_bytes"].find((name) => attempt.files.has(name)) ?? null;
  if (file !== null) {
    return {
      ...base,
      status: "yes",
      found: file,
      consequence: "a report has the exact peak of the group",
      facts: { file },
    };
  }
  const delegated = attempt.files.has("memory.current");
  return {
    ...base,
    status: delegated ? "no" : "unknown",
    found: delegated
      ? "the kernel has no memory.peak"
      : "the memory controller is not passed on there until a job needs it",
    consequence: delegated ? fallback : "settled when a job's group is made",
    facts: { file: null },
  };
}

/** Probes of the section Memory. */
export function findMemory(memory: Place | undefined): Finding[] {
  const swaps = readText("/proc/swaps");
  const enabled = readText("/sys/module/zswap/parameters/enabled");
  const hasSwap = swaps !== null && parseSwaps(swaps).length > 0;
  return [judgeSwap(swaps), judgeZswap(enabled, hasSwap), judgePeak(memory)];
}
