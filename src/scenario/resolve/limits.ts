import type { LimitKey, Limits } from "../../cgroup/index.ts";
import { controllerOf } from "../../cgroup/index.ts";
import { formatNumberList } from "../../kernel/index.ts";
import { toRawSettings } from "../../run/settings/file/index.ts";
import type { RawSettings } from "../../run/settings/index.ts";
import { overlaySettings, parseSettings } from "../../run/settings/index.ts";
import type { GroupLimits } from "../model/index.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { ScenarioController } from "./resolved-group.ts";
import { scenarioControllers } from "./resolved-group.ts";

const quietly = { name: (setting: string) => setting, refuse: () => {} };

/** Settings of a group's limits together with its cpusets. */
export const groupSettings = (
  limits: GroupLimits | undefined,
  cpus: readonly number[] | null,
  mems: readonly number[] | null,
): RawSettings => ({
  ...toRawSettings(limits),
  ...(cpus === null ? {} : { cpuset: formatNumberList(cpus) }),
  ...(mems === null ? {} : { "cpuset-mems": formatNumberList(mems) }),
});

/** What settings mean together. @param place of the limits */
export function judgeSettings(raw: RawSettings, place: Place): Limits {
  const name = (setting: string): string => (setting === "cpuset-mems" ? "cpuset_mems" : setting);
  return parseSettings(raw, {
    name,
    refuse: ({ setting, message, details }) => {
      place.at(setting).refuse(refuse(message, details.fix ?? "change it"));
    },
  }).limits;
}

/** Settings after some have changed, and the limits that these changes alone are. @param place of the limits */
export function changeSettings(
  before: RawSettings,
  limits: GroupLimits,
  place: Place,
): { readonly raw: RawSettings; readonly limits: Limits } {
  const changes = toRawSettings(limits);
  const raw = overlaySettings(before, changes);
  judgeSettings(raw, place);
  return { raw, limits: parseSettings(changes, quietly).limits };
}

/** In the order they are told. */
export const sortControllers = (found: Iterable<string>): readonly ScenarioController[] => {
  const set = new Set(found);
  return scenarioControllers.filter((controller) => set.has(controller));
};

/** Controllers that limits need. */
export const controllersOf = (limits: Limits): readonly ScenarioController[] =>
  sortControllers(Object.keys(limits).map((key) => controllerOf[key as LimitKey]));
