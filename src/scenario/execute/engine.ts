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
import type { WorksAhead } from "./works-ahead.ts";

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
  /** Workers that are made before it is their group's turn. */
  readonly ahead: WorksAhead;
  /** That paths of modules count from. */
  readonly directory: string;
  readonly budget: HoldBudget;
  readonly limits: EngineLimits;
  /** What limits in time that the scenario sets are multiplied by; 1 but where time is slower. */
  readonly dilation: number;
}
