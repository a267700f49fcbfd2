import { CorralError } from "../../../report/index.ts";
import type { GroupFiles } from "./group-files.ts";

/** The kernel takes no empty write; a line without a list empties one. */
const nothing = "\n";

/** Gives a group CPUs; null: it inherits. @throws CorralError CGROUP_IO */
export async function writeCpus(files: GroupFiles, name: string, cpus: string | null): Promise<void> {
  const text = cpus ?? files.inheritedCpus(name);
  await files.write(name, "cpuset", "cpuset.cpus", text === "" ? nothing : text);
}

/** What is written in a group's cpuset.cpus; "" for one that inherits, null for one that cannot be read. */
export function readCpus(files: GroupFiles, name: string): string | null {
  try {
    return files.read(name, "cpuset", "cpuset.cpus").trim();
  } catch {
    return null;
  }
}

/** A side of a swap as it is afterwards. */
export interface SwappedSide {
  readonly name: string;
  readonly cpus: string | null;
}

/**
 * Gives each of two groups the other's CPUs. A side that cannot be read is skipped: only the other gets nothing then.
 * @returns the groups that were written
 */
export async function swapCpus(
  files: GroupFiles,
  [a, b]: readonly [string, string],
  onSkipped: (name: string) => void,
): Promise<readonly SwappedSide[]> {
  const sides = [
    { name: a, from: b, cpus: readCpus(files, b) },
    { name: b, from: a, cpus: readCpus(files, a) },
  ];
  const written: SwappedSide[] = [];
  for (const { name, from, cpus } of sides) {
    if (cpus === null) {
      onSkipped(from);
      continue;
    }
    const side = { name, cpus: cpus === "" ? null : cpus };
    await writeCpus(files, name, side.cpus);
    written.push(side);
  }
  return written;
}

/** @throws CorralError USAGE for no CPU at all */
export function refuseNoCpus(name: string, cpus: string): string {
  if (cpus.trim() !== "") return cpus;
  throw new CorralError("USAGE", `the CPUs of ${name} resolved to 0 CPU(s)`, { object: name });
}
