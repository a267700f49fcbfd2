import type { ControlWrite, Limits } from "../../cgroup/index.ts";
import { tryReadControl } from "../../cgroup/index.ts";

/** What memory.* of a session hold when its memory is not taken for others. */
export interface MemoryStanding {
  readonly high: string;
  readonly low: string;
  readonly min: string;
  readonly max: string;
}

/** Of a group that nobody has set anything of. */
export const plainMemoryStanding: MemoryStanding = { high: "max", low: "0", min: "0", max: "max" };

/** Of a group that was there before the guard: whoever made it may have set something. */
export const readMemoryStanding = (directory: string): MemoryStanding => {
  const read = (name: keyof MemoryStanding): string =>
    tryReadControl(`${directory}/memory.${name}`)?.trim() || plainMemoryStanding[name];
  return { high: read("high"), low: read("low"), min: read("min"), max: read("max") };
};

/** The limits of a session over what its files hold without. */
export const standingMemory = (limits: Limits, found: MemoryStanding): MemoryStanding => ({
  high: String(limits.memoryHigh ?? found.high),
  low: String(limits.memoryLow ?? found.low),
  min: String(limits.memoryMin ?? found.min),
  max: String(limits.memoryMax ?? found.max),
});

/** Every file of a session, and of the groups in it, by which its memory is taken for others, as it stands. */
export const standingWrites = (standing: MemoryStanding): readonly ControlWrite[] => [
  { file: "framework/cgroup.freeze", value: "0" },
  { file: "tools/cgroup.freeze", value: "0" },
  { file: "memory.high", value: standing.high },
  { file: "tools/memory.high", value: "max" },
  { file: "memory.low", value: standing.low },
  { file: "memory.max", value: standing.max },
];
