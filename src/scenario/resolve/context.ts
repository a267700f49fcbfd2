import { quote } from "../../report/index.ts";
import type { Payload, Scenario } from "../model/index.ts";
import type { Place } from "./problems.ts";
import type { Refusal } from "./refusal.ts";
import { refuse } from "./refusal.ts";
import type { GroupState, Rehearsal } from "./rehearsal.ts";
import type { ResolvedScheduler } from "./resolved-scheduler.ts";

/** What is the same all the way through a scenario, and what stands at this point of it. */
export interface Context {
  readonly scenario: Scenario;
  readonly rehearsal: Rehearsal;
  readonly payloads: ReadonlyMap<string, Payload>;
  /** The scheduler under test; null: none. */
  readonly scheduler: ResolvedScheduler | null;
}

const mostNames = 20;

/** Names for people; `none` for none. */
export function listNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "none";
  const shown = all.slice(0, mostNames).map((name) => quote(name));
  return `${shown.join(", ")}${all.length > mostNames ? ` and ${all.length - mostNames} more` : ""}`;
}

/** Why a group is not there at this point. */
function absentGroup(name: string, { groups, upcoming, ended }: Rehearsal): Refusal {
  if (upcoming.has(name))
    return refuse(
      `group ${quote(name)} is made by the setup of this step, which comes after its ops`,
      "make it before: in the backdrop, or by add_cgroup_def ahead of this op",
    );
  const step = ended.get(name);
  if (step !== undefined)
    return refuse(`group ${quote(name)} ended with step ${step}, which made it`, "make it in the backdrop");
  return refuse(
    `there is no group ${quote(name)} at this point; there are: ${listNames(groups.keys())}`,
    "correct the name, or make the group before",
  );
}

/** A group that an op names. @param key the op's key that names it */
export function findGroup(name: string, place: Place, { rehearsal }: Context, key = "cgroup"): GroupState | null {
  const group = rehearsal.groups.get(name);
  return group ?? place.at(key).refuse(absentGroup(name, rehearsal));
}

/** A payload that a scenario has by this name. */
export function findPayload(name: string, place: Place, { payloads }: Context): Payload | null {
  const payload = payloads.get(name);
  return (
    payload ??
    place.refuse(
      refuse(
        `there is no payload ${quote(name)}; there are: ${listNames(payloads.keys())}`,
        "add it to payloads, or correct the name",
      ),
    )
  );
}
