/**
 * policy/workload: programs that use memory and make processes as real ones do, with figures of their own, so that policies can be
 * tried on them. What may enter: settings, a signal to stop. What it may not know: flags, output, rules. The settings have a door of
 * their own.
 */
export { forkFields } from "./forks/fork-fields.ts";
export { runForks } from "./forks/run-forks.ts";
export type { Random } from "./load/random.ts";
export { seededRandom } from "./load/random.ts";
export { arenaDocument, memoryFields } from "./memory-fields.ts";
export type { ResultField } from "./result.ts";
export { toJson, toText } from "./result.ts";
export { runMemory } from "./run-memory.ts";
