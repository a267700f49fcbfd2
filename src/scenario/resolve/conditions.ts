import { durationOf } from "../file/index.ts";
import type { EventCounter, GroupMetric, WaitCondition, WaitConditions } from "../model/index.ts";
import type { Context } from "./context.ts";
import { findGroup } from "./context.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import { countHandles } from "./rehearsal.ts";
import type { ScenarioController } from "./resolved-group.ts";
import type { ResolvedCondition } from "./resolved-op.ts";

/** Windows that a PSI trigger can have (Documentation/accounting/psi.rst). */
const leastWindowUs = 500_000;
const longestWindowUs = 10_000_000;
const defaultWindowUs = 1_000_000;

/** Controllers without which a group has no such file. */
const eventControllers = {
  "memory.low": "memory",
  "memory.high": "memory",
  "memory.max": "memory",
  "memory.oom": "memory",
  "memory.oom_kill": "memory",
  "swap.max": "memory",
  "pids.max": "pids",
} as const satisfies Readonly<Record<EventCounter, ScenarioController>>;

const metricControllers: Readonly<Record<GroupMetric, readonly ScenarioController[]>> = {
  memory_current_bytes: ["memory"],
  swap_current_bytes: ["memory"],
  pids_current: ["pids"],
  // cpu.stat tells it without a controller.
  cpu_usage_sec: [],
  iterations: [],
};

const toUs = (text: string): number => Math.round(durationOf(text) * 1000);

function pressure(given: WaitConditions["pressure"], place: Place, context: Context): ResolvedCondition {
  const { cgroup = null, resource, kind = "some", stall, window } = given;
  if (cgroup !== null) findGroup(cgroup, place, context);
  const windowUs = window === undefined ? defaultWindowUs : toUs(window);
  const stallUs = toUs(stall);
  if (windowUs < leastWindowUs || windowUs > longestWindowUs)
    place.at("window").refuse(refuse(`a window is 500ms to 10s, not ${window}`, "change it"));
  if (stallUs < 1 || stallUs > windowUs)
    place
      .at("stall")
      .refuse(refuse(`a stall of ${stall} must fit into its window of ${window ?? "1s"}`, "make it shorter"));
  if (cgroup === null && resource === "cpu" && kind === "full")
    place
      .at("kind")
      .refuse(refuse("of the whole host the CPU never stalls all tasks: the kernel counts none", "name a cgroup"));
  return { kind: "pressure", cgroup, resource, share: kind, stallUs, windowUs };
}

function metric(given: WaitConditions["metric"], place: Place, context: Context): ResolvedCondition {
  const { cgroup, metric: name, atLeast = null, atMost = null } = given;
  const group = findGroup(cgroup, place, context);
  context.rehearsal.need(cgroup, metricControllers[name]);
  if (name === "iterations" && group !== null && countHandles(group.handles) === 0)
    place.refuse(refuse("iterations are of the group's workers, and it has none", "start some before"));
  return { kind: "metric", cgroup, metric: name, atLeast, atMost };
}

/** What a wait is for, with everything that is wrong with it told at the place. @param place of `for` */
export function resolveCondition(condition: WaitCondition, place: Place, context: Context): ResolvedCondition {
  if ("pressure" in condition) return pressure(condition.pressure, place.at("pressure"), context);
  if ("metric" in condition) return metric(condition.metric, place.at("metric"), context);
  if ("state" in condition) {
    findGroup(condition.state.cgroup, place.at("state"), context);
    return { kind: "state", ...condition.state };
  }
  const { cgroup, counter, by = 1, since = "wait" } = condition.events;
  findGroup(cgroup, place.at("events"), context);
  context.rehearsal.need(cgroup, [eventControllers[counter]]);
  return { kind: "events", cgroup, counter, by, since };
}
