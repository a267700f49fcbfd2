import * as v from "valibot";
import { described, expects, section, truth, wholeNumber } from "../../report/config/index.ts";
import { checksSchema } from "./checks-schema.ts";
import { groupName, optional, plainName, positiveDuration } from "./values.ts";

const boost = section({
  cgroup: described(groupName, "Group of the scenario."),
  budget: described(positiveDuration, "CPU time per period."),
  period: described(positiveDuration, "The period."),
});

/** As the flags of `corral scheduler`. */
export const schedulerSchema = section({
  name: optional(described(plainName, "What the report calls it. Default corral.")),
  groups: optional(
    described(v.array(groupName, expects("a list of groups")), "Groups it has. Default: the whole scenario."),
  ),
  full: optional(described(truth, "It has all ordinary tasks of the host. Default false.")),
  slice_us: optional(
    described(wholeNumber("microseconds", 1, 1_000_000), "How long a task runs before others. Default 5000."),
  ),
  fifo: optional(described(truth, "Tasks of one group in the order they came. Default false.")),
  boost: optional(
    described(v.array(boost, expects("a list of boosts")), "Groups whose tasks run at once when they wake up."),
  ),
  watchdog: optional(
    described(positiveDuration, "How long a task may wait before the kernel takes over. Default 30s, at most."),
  ),
  checks: optional(described(checksSchema, "Checks of what runs under it.")),
});
