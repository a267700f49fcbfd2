import { quote } from "../../report/index.ts";
import type { Ops } from "../model/index.ts";
import type { Context } from "./context.ts";
import { findGroup } from "./context.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { Handles, Rehearsal, RunState, Slot } from "./rehearsal.ts";
import { countHandles, noHandles } from "./rehearsal.ts";
import type { ResolvedOpDetails } from "./resolved-op.ts";

/** What lasts for the whole scenario cannot be in a group that ends with a step. */
function judgeOwners(from: { slot: Slot; name: string }, to: { slot: Slot; name: string }, place: Place): boolean {
  if (from.slot !== "backdrop" || to.slot !== "step") return true;
  const what =
    from.name === "" ? "workers of the backdrop" : `group ${quote(from.name)} is the backdrop's; what is in it`;
  place.refuse(
    refuse(
      `${what} would be stranded in ${quote(to.name)}, which is removed with this step`,
      "make the destination in the backdrop too",
    ),
  );
  return false;
}

/** Payloads that a move takes along: those without a group are not workers, and stay where Corral is. */
const carriedFrom = ({ runs }: Rehearsal, from: string): readonly RunState[] =>
  from === "" ? [] : runs.filter(({ cgroup }) => cgroup === from);

/** Workers and payloads go over, and with them who they belong to: to the backdrop, when the destination is the backdrop's. */
function carryOver(
  rehearsal: Rehearsal,
  moved: Handles,
  carried: readonly RunState[],
  to: { slot: Slot; name: string },
): void {
  const group = rehearsal.groups.get(to.name);
  if (group !== undefined)
    group.handles = {
      ...group.handles,
      [to.slot]: group.handles[to.slot] + countHandles(moved),
    };
  rehearsal.runs = rehearsal.runs.map((run) =>
    carried.includes(run) ? { ...run, cgroup: to.name, slot: to.slot } : run,
  );
}

/** Null when it is refused, which is told at the place. */
export function resolveMove(
  { from, to }: Ops["moveAllTasks"],
  place: Place,
  context: Context,
): ResolvedOpDetails["move_all_tasks"] | null {
  const { rehearsal } = context;
  if (from === to) return place.refuse(refuse("a group's tasks cannot be moved to itself", "name another destination"));
  const source = from === "" ? null : findGroup(from, place, context, "from");
  const destination = findGroup(to, place, context, "to");
  if (destination === null || (from !== "" && source === null)) return null;
  const moved = source?.handles ?? rehearsal.runner;
  // Only workers of the backdrop itself are stranded when they come from where Corral is.
  const slot = source?.slot ?? (moved.backdrop > 0 ? "backdrop" : "step");
  if (!judgeOwners({ slot, name: from }, destination, place)) return null;
  const carried = carriedFrom(rehearsal, from);
  if (countHandles(moved) === 0 && carried.length === 0)
    place.warn(from === "" ? "there are no workers without a group to move" : `nothing runs in group ${quote(from)}`);
  const twice = carried.find((run) => rehearsal.runs.some((one) => one.cgroup === to && one.payload === run.payload));
  if (twice !== undefined)
    return place.refuse(
      refuse(`payload ${quote(twice.payload)} runs in ${quote(to)} already`, "end one of the two before"),
    );
  if (source === null) rehearsal.runner = noHandles();
  else source.handles = noHandles();
  carryOver(rehearsal, moved, carried, destination);
  return { from, to };
}
