import type { ControlWrite, IoMax, Limits, PlannedLimit } from "../../cgroup/index.ts";
import { tryReadControl, writeControl } from "../../cgroup/index.ts";

/** What control files held before they were first written, by name of the file. */
export type Before = Readonly<Record<string, string>>;

/** Files that take one device per line, and read as all of them. */
const perDevice: readonly string[] = ["io.max", "io.latency"];

/** What the files that are about to be written hold now; those that are known already keep what they held first. */
export function noteBefore(known: Before, directory: string, planned: readonly PlannedLimit[]): Before {
  const files = planned.flatMap(({ writes }) => writes.map(({ file }) => file));
  const fresh = files
    .filter((file) => !Object.hasOwn(known, file) && !perDevice.includes(file))
    .flatMap((file) => {
      const text = tryReadControl(`${directory}/${file}`)?.trim();
      return text === undefined ? [] : [[file, text] as const];
    });
  return { ...known, ...Object.fromEntries(fresh) };
}

const lifted = ({ device }: Pick<IoMax, "device">): ControlWrite => ({
  file: "io.max",
  value: `${device} rbps=max wbps=max riops=max wiops=max`,
});

/** What was before, of the files that these limits do not set. */
export function unplanned(before: Before, planned: readonly PlannedLimit[]): Before {
  const kept = new Set(planned.flatMap(({ writes }) => writes.map(({ file }) => file)));
  return Object.fromEntries(Object.entries(before).filter(([file]) => !kept.has(file)));
}

/** The writes that take limits back. A cap comes before what it bounds, so that no write is refused for the other's sake. */
export function planRelease(before: Before, { ioMax = [], ioLatency = [] }: Limits): readonly ControlWrite[] {
  const first = ["memory.max", "memory.high"].filter((file) => Object.hasOwn(before, file));
  const files = [...first, ...Object.keys(before).filter((file) => !first.includes(file))];
  return [
    // An empty text is how cpusets are told that they inherit.
    ...files.map((file) => ({ file, value: before[file] === "" ? "\n" : (before[file] ?? "") })),
    ...ioMax.map(lifted),
    ...ioLatency.map(({ device }) => ({ file: "io.latency", value: `${device} target=0` })),
  ];
}

/** @returns files that could not be written */
export function applyWrites(directory: string, writes: readonly ControlWrite[]): readonly string[] {
  return writes.flatMap(({ file, value }) => {
    try {
      writeControl(`${directory}/${file}`, value);
      return [];
    } catch {
      return [`${directory}/${file}`];
    }
  });
}
