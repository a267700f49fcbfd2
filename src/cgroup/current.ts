import { tryReadControl } from "./control-file.ts";
import type { GroupHandle } from "./group.ts";
import { parseFlatKeyed } from "./usage.ts";

/** `freezing`: the group was told to freeze, and a task of it goes on. */
export type FreezerState = "thawed" | "freezing" | "frozen";

/** What a group holds at this moment. A field is null when this host has nothing that tells. */
export interface GroupNow {
  /** Memory charged to the group, page cache included. */
  readonly memory_bytes: number | null;
  /** CPU time used so far. */
  readonly cpu_us: number | null;
  /** Processes, those of groups below left out. */
  readonly processes: number;
  readonly freezer: FreezerState | null;
}

const v1FreezerStates: Readonly<Record<string, FreezerState>> = {
  THAWED: "thawed",
  FREEZING: "freezing",
  FROZEN: "frozen",
};

/** The file whose changes tell that a group emptied or froze, or null on a pure v1 host (cgroup-v2.rst, cgroup.events). */
export const eventsFile = (group: GroupHandle): string | null =>
  group.unified === null ? null : `${group.unified.path}/cgroup.events`;

/** Where the freezer of a group stands; null when it has none. */
export function freezerState(group: GroupHandle): FreezerState | null {
  const { unified } = group;
  if (unified !== null) {
    const frozen = parseFlatKeyed(tryReadControl(`${unified.path}/cgroup.events`)).get("frozen");
    if (frozen === undefined) return null;
    if (frozen === 1) return "frozen";
    return tryReadControl(`${unified.path}/cgroup.freeze`)?.trim() === "1" ? "freezing" : "thawed";
  }
  const freezer = group.directoryOf("freezer");
  const text = freezer === null ? null : tryReadControl(`${freezer}/freezer.state`);
  return text === null ? null : (v1FreezerStates[text.trim()] ?? null);
}

function memoryNow(group: GroupHandle): number | null {
  const directory = group.directoryOf("memory");
  if (directory === null) return null;
  const file = directory === group.unified?.path ? "memory.current" : "memory.usage_in_bytes";
  const text = tryReadControl(`${directory}/${file}`)?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** Reads what a group holds now, from whichever hierarchy tells. Never throws; what is absent is null. */
export function readNow(group: GroupHandle): GroupNow {
  const unified = group.unified === null ? null : tryReadControl(`${group.unified.path}/cpu.stat`);
  return {
    memory_bytes: memoryNow(group),
    cpu_us: parseFlatKeyed(unified).get("usage_usec") ?? null,
    processes: group.processes().length,
    freezer: freezerState(group),
  };
}
