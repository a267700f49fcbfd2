import type { ResolvedScenario } from "../resolve/index.ts";
import type { RunBook } from "./book.ts";
import type { Movers } from "./groups/move.ts";
import type { GroupRemover } from "./groups/remove.ts";
import type { HoldBudget } from "./hold-budget.ts";
import type { EngineLimits } from "./limits.ts";
import type { Liveness } from "./liveness.ts";
import type { PhaseTracker } from "./phases.ts";
import type { Ports } from "./ports.ts";
import type { SchedulerSlot } from "./scheduler-slot.ts";
import type { RunState } from "./state.ts";

/** What every part of a run works with. */
export interface Engine {
  readonly plan: ResolvedScenario;
  readonly ports: Ports;
  readonly book: RunBook;
  readonly state: RunState;
  readonly phases: PhaseTracker;
  readonly movers: Movers;
  readonly remover: GroupRemover;
  readonly liveness: Liveness;
  readonly scheduler: SchedulerSlot;
  readonly budget: HoldBudget;
  readonly limits: EngineLimits;
  /** What limits in time that the scenario sets are multiplied by; 1 but where time is slower. */
  readonly dilation: number;
}
