import type { ControlWrite, PlannedLimit } from "../../cgroup/index.ts";
import { tryReadControl, writeControl } from "../../cgroup/index.ts";

/**
 * What control files held before they were first written. By name of the file; of one that has a line per device by file, device
 * and key (`io.max 8:0 rbps`), since the others of its numbers may be anybody's.
 */
export type Before = Readonly<Record<string, string>>;

/** Files that have a line per device, and what a device has that is in no line. */
const perDevice: Readonly<Record<string, string>> = { "io.max": "max", "io.latency": "0" };

/** Everything that writes set, by its name in Before. */
const namesOf = (writes: readonly ControlWrite[]): readonly string[] =>
  writes.flatMap(({ file, value }) => {
    if (!Object.hasOwn(perDevice, file)) return [file];
    const [device, ...pairs] = value.split(" ");
    return pairs.map((pair) => `${file} ${device} ${pair.slice(0, pair.indexOf("="))}`);
  });

const writesOf = (planned: readonly PlannedLimit[]): readonly ControlWrite[] => planned.flatMap(({ writes }) => writes);

/** @returns undefined: there is no such file */
function readStanding(directory: string, name: string): string | undefined {
  const [file = "", device, key] = name.split(" ");
  const text = tryReadControl(`${directory}/${file}`)?.trim();
  if (device === undefined || text === undefined) return text;
  const line = text.split("\n").find((one) => one.startsWith(`${device} `)) ?? "";
  const pair = line.split(" ").find((one) => one.startsWith(`${key}=`));
  return pair === undefined ? perDevice[file] : pair.slice(pair.indexOf("=") + 1);
}

function restoring(name: string, value: string): ControlWrite {
  const [file = "", device, key] = name.split(" ");
  if (device !== undefined) return { file, value: `${device} ${key}=${value}` };
  // An empty text is how cpusets are told that they inherit.
  return { file, value: value === "" ? "\n" : value };
}

/** What is about to be written holds now; what is known already keeps what it held first. */
export function noteBefore(known: Before, directory: string, planned: readonly PlannedLimit[]): Before {
  const fresh = namesOf(writesOf(planned))
    .filter((name) => !Object.hasOwn(known, name))
    .flatMap((name) => {
      const text = readStanding(directory, name);
      return text === undefined ? [] : [[name, text] as const];
    });
  return { ...known, ...Object.fromEntries(fresh) };
}

/** What was before, of all that these limits do not set. */
export function unplanned(before: Before, planned: readonly PlannedLimit[]): Before {
  const kept = new Set(namesOf(writesOf(planned)));
  return Object.fromEntries(Object.entries(before).filter(([name]) => !kept.has(name)));
}

/** The writes that take limits back. A cap comes before what it bounds, so that no write is refused for the other's sake. */
export function planRelease(before: Before): readonly ControlWrite[] {
  const first = ["memory.max", "memory.high"].filter((file) => Object.hasOwn(before, file));
  const names = [...first, ...Object.keys(before).filter((name) => !first.includes(name))];
  return names.map((name) => restoring(name, before[name] ?? ""));
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
