import type { MemorySettings } from "../model/index.ts";
import type { Decision, Stage } from "./decision.ts";
import type { Readings } from "./readings.ts";

/** One way to protect memory: a state machine that knows neither files nor clocks, only what it is given. */
export interface ProtectionPolicy {
  /** What is to be done now. Everything it returns counts as done. */
  step(readings: Readings, settings: MemorySettings): readonly Decision[];
  /** Where each domain stands that is not `normal`. */
  stages(): ReadonlyMap<string, Stage>;
  /** Whether the next readings should have the tool calls of the domains. */
  readonly wantsTools: boolean;
}
