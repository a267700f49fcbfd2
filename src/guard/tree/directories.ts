import { existsSync, readdirSync, rmdirSync } from "node:fs";

/** The groups directly below one; none when it is gone. */
export function childGroups(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${directory}/${name}`);
  } catch {
    return [];
  }
}

/** A group and all below it, parents first. */
export const groupsBelow = (directory: string): readonly string[] => [
  directory,
  ...childGroups(directory).flatMap(groupsBelow),
];

/** Removes a group that has neither processes nor groups below it; rmdir(2) refuses any other. */
export function removeAtOnce(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}

/** Removes a group with those below it that its own processes may have made. False when somebody is inside. */
export function removeEmpty(directory: string): boolean {
  try {
    if (!existsSync(directory)) return true;
    for (const path of groupsBelow(directory).toReversed()) rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
