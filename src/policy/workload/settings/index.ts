/**
 * policy/workload/settings: what the workloads can be told, as data and as judged settings. What may enter: texts of flags. What
 * it may not know: how any workload works; it is loaded at every start of the program.
 */

export type { ContentModel } from "../load/content.ts";
export { contentModels } from "../load/content.ts";
export type {
  ForkProgramName,
  MemoryProgramName,
  NumberRule,
  NumbersOf,
  ProgramName,
} from "./programs.ts";
export { commonNumbers, isMemoryProgram, memoryNumbers, programNames, programs } from "./programs.ts";
export type { ArenaSettings, CompressPolicy, ForkSettings, MemorySettings, RawSettings } from "./settings.ts";
export { compressPolicies, readSettings } from "./settings.ts";
