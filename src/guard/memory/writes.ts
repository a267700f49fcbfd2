import type { ProtectionWrite } from "./decision.ts";
import type { Domain } from "./place.ts";

const page = 4096;
/** A program that has just started must be able to get on. */
const leastClampBytes = 16 * 1024 * 1024;

/** What a domain is clamped to: what it has, not less (research: below it, its tasks sleep and cannot be frozen for seconds). */
export const clampBytesOf = (currentBytes: number, { clamp }: Domain): number => {
  const bytes = Math.max(leastClampBytes, Math.ceil(currentBytes / page) * page);
  return clamp.standing === "max" ? bytes : Math.min(bytes, Number(clamp.standing));
};

export const clampWrites = ({ clamp: { directory, standing } }: Domain, bytes: number): readonly ProtectionWrite[] => [
  { path: `${directory}/memory.high`, value: String(bytes), standing },
];

export const releaseWrites = ({ clamp: { directory, standing } }: Domain): readonly ProtectionWrite[] => [
  { path: `${directory}/memory.high`, value: standing, standing },
];

export const freezeWrites = ({ freeze }: Domain, isFrozen: boolean): readonly ProtectionWrite[] =>
  freeze.map((directory) => ({ path: `${directory}/cgroup.freeze`, value: isFrozen ? "1" : "0", standing: "0" }));
