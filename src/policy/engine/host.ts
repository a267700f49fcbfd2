import type { ProcessIdentity } from "../../kernel/index.ts";
import type { ActionResult, Measure } from "../model/index.ts";
import type { Decision } from "./decision.ts";
import type { Timers } from "./timers.ts";
import type { Watches } from "./watches.ts";

/** What the parts of the engine share. */
export interface EngineHost {
  readonly runId: string;
  readonly timers: Timers;
  readonly watches: Watches;
  /** Wall clock minus CLOCK_MONOTONIC. */
  readonly wallOffsetNs: bigint;
  nowNs(): bigint;
  decide(decision: Decision): void;
  /** From 0 to less than 1. */
  random(): number;
  /** How often events were lost so far. */
  losses(): number;
  nextId(): string;
  /** The answer to a request, once. */
  awaitResult(requestId: string, onResult: (result: ActionResult) => void): void;
  /** Has memory measured; the answer comes once. */
  look(identity: ProcessIdentity, onMeasure: (measure: Measure | null) => void): void;
}
