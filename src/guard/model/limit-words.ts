import type { LimitKey } from "../../cgroup/index.ts";
import { limitNames } from "../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";

/** What the guard's files, flags and documents call the memory cap; `corral run` says memory-limit, in MiB. */
const memoryCap = "memory-max";

/** What a limit is called by the guard. */
export const wordOfLimit = (key: LimitKey): string => (key === "memoryMax" ? memoryCap : limitNames[key]);

/** Outcomes by the names that the guard's clients ask for limits with. */
export const inGuardWords = (outcomes: readonly ConstraintOutcome[]): readonly ConstraintOutcome[] =>
  outcomes.map((one) => (one.name === limitNames.memoryMax ? { ...one, name: memoryCap } : one));
