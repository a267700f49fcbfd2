import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { tryReadControl } from "../../cgroup/index.ts";
import { CorralError } from "../../report/index.ts";
import { readMemoryStanding } from "../tree/index.ts";
import type { Place } from "./place.ts";

const refuse = (message: string, object: string, fix: string): CorralError =>
  new CorralError("USAGE", message, { object, fix });

const isWithin = (one: string, other: string): boolean => one === other || one.startsWith(`${other}/`);

/** What a group's cpu.weight is; empty without the controller. */
export const weightOf = (directory: string): readonly string[] => {
  const weight = tryReadControl(`${directory}/cpu.weight`)?.trim() ?? "";
  return weight === "" ? [] : [weight];
};

/**
 * The groups of `corral memcg` as places, the protected one first.
 * @throws CorralError USAGE when one is not there, has no memory controller, or contains another
 */
export function namedPlaces(high: string, low: readonly string[]): readonly Place[] {
  const all = [high, ...low];
  for (const [index, directory] of all.entries()) {
    if (!existsSync(`${directory}/memory.high`))
      throw refuse(
        `there is no group ${directory} with the memory controller`,
        directory,
        "make it, with memory in cgroup.subtree_control of the group above it",
      );
    const other = all.find((one, at) => at !== index && isWithin(directory, one));
    if (other !== undefined)
      throw refuse(`the group ${directory} is in ${other}`, directory, "name groups that stand beside each other");
  }
  return all.map((directory, index) => ({
    name: directory,
    rank: index === 0 ? 1 : 0,
    directory,
    framework: null,
    tools: null,
    standing: readMemoryStanding(directory),
  }));
}

/** The closest group that all of them are in; the one above, when there is one only. */
export function commonGroup(directories: readonly string[], mountPoint: string): string {
  const [first = mountPoint] = directories;
  for (let one = dirname(first); isWithin(one, mountPoint); one = dirname(one)) {
    if (directories.every((directory) => isWithin(directory, one))) return one;
  }
  return mountPoint;
}
