import * as v from "valibot";
import { described, expects, section, truth } from "../../report/config/index.ts";
import { limitsSection } from "../../run/settings/file/index.ts";
import { scenarioLimits } from "../model/index.ts";
import { cpusetSchema } from "./placement-schema.ts";
import { groupName, moduleReference, numberList, optional, plainName } from "./values.ts";
import { workerDefaults, workSchema } from "./work-schema.ts";

export const groupLimits = limitsSection(scenarioLimits);

export const cgroupSchema = section({
  name: described(groupName, "Path below the scenario's own group."),
  cpuset: optional(described(cpusetSchema, "CPUs it may use. Default: inherited.")),
  cpuset_mems: optional(described(numberList, "Memory nodes it may use. Default: inherited.")),
  limits: optional(described(groupLimits, "Limits, by the names of the flags of corral run.")),
  works: optional(
    described(
      v.array(workSchema, expects("a list of works")),
      "Workers. Default: one that spins; with a payload none.",
    ),
  ),
  swappable: optional(described(truth, "work_type_override is for this group. Default false.")),
  payload: optional(described(plainName, "Payload that is started in it, after the workers.")),
  ...workerDefaults,
});

/** A list, or a function in a module; a union would tell mistakes in a list less well. */
export const setupSchema = v.union(
  [v.array(cgroupSchema), moduleReference({})],
  expects("a list of groups, or a module"),
);
