/**
 * scenario/execute/: does what a settled scenario says, and writes down what came of it. The engine stands on ports (groups,
 * workers, programs, scheduler, clock), so that it runs against a double in virtual time as against the kernel. May know the
 * model, the plan, workers and the record; judges nothing.
 */
export type { DriveOptions } from "./drive.ts";
export { drive } from "./drive.ts";
export type { RunEvent, StepTotals } from "./events.ts";
export type { GroupFiles } from "./groups/group-files.ts";
export type { LeftScenario } from "./host/leftovers.ts";
export { leftScenarios } from "./host/leftovers.ts";
export type {
  Death,
  MonitorLook,
  Ports,
  PressureWait,
  ProgramEnd,
  ProgramRequest,
  RunningProgram,
  RunningScheduler,
  Supervised,
  Workers,
} from "./ports.ts";
export type { RunOptions } from "./run-scenario.ts";
export { runScenario, skippedRecord } from "./run-scenario.ts";
