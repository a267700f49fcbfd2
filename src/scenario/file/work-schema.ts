import * as v from "valibot";
import { described, expects, notOffered, section, wholeNumber, word } from "../../report/config/index.ts";
import type { GivenParameters, PlainWork, WorkParameter, WorkTypeName } from "../model/index.ts";
import { describeWork, type phaseKinds, workLatencies, workTypeNames } from "../model/index.ts";
import { oneKey, wordOrKey } from "./one-of.ts";
import { affinitySchema, memPolicyFlagsSchema, memPolicySchema, schedPolicySchema } from "./placement-schema.ts";
import {
  aboveZero,
  groupName,
  id,
  index,
  moduleReference,
  numberList,
  optional,
  positiveDuration,
  taskName,
} from "./values.ts";

/** A parameter as it is given, by the table of work types. */
function parameterSchema(parameter: WorkParameter): v.GenericSchema {
  switch (parameter.kind) {
    case "number":
      return described(
        wholeNumber("a whole number", parameter.min, parameter.max),
        `${parameter.about} Default ${parameter.fallback}.`,
      );
    case "choice":
      return described(word([...parameter.choices]), `${parameter.about} Default ${parameter.fallback}.`);
    case "list":
      return described(numberList, parameter.about);
    case "group":
      return described(groupName, parameter.about);
  }
}

function parametersSchema(name: WorkTypeName): v.GenericSchema {
  const { parameters, about, support } = describeWork(name);
  const entries = Object.entries(parameters).map(([key, parameter]) => {
    const schema = parameterSchema(parameter);
    return [key, parameter.kind === "group" ? schema : v.exactOptional(schema)] as const;
  });
  const schema = described(section(Object.fromEntries(entries)), about);
  return support === "later" ? notOffered(schema) : schema;
}

const phase = oneKey({
  spin: described(positiveDuration, "Uses a CPU."),
  sleep: described(positiveDuration, "Sleeps."),
  yield: described(positiveDuration, "Yields."),
  io: described(positiveDuration, "Writes 64 KiB and sleeps 100 us, again and again."),
} satisfies Record<(typeof phaseKinds)[number], v.GenericSchema>);

const special = {
  Sequence: described(
    v.pipe(v.array(phase, expects("a list of phases")), v.minLength(1, "needs at least one phase")),
    describeWork("Sequence").about,
  ),
  Custom: described(
    moduleReference({
      name: optional(described(taskName, "What the report calls it. Default: the export's name.")),
      config: optional(described(v.unknown(), "Anything JSON can hold, for the function.")),
      samples: optional(described(word(workLatencies), "What the latencies that it tells are. Default none.")),
    }),
    describeWork("Custom").about,
  ),
};

type Plain = Exclude<WorkTypeName, "Sequence" | "Custom">;
const plain = workTypeNames.filter((name): name is Plain => name !== "Sequence" && name !== "Custom");
const words = plain.filter((name): name is PlainWork & Plain => name !== "CgroupAttachStorm");
const byParameters = Object.fromEntries(plain.map((name) => [name, parametersSchema(name)])) as unknown as {
  readonly [K in Plain]: v.GenericSchema<GivenParameters<K>>;
};

/** A kind of work: its name, or its name with parameters. */
export const workTypeSchema = v.pipe(wordOrKey(words, { ...byParameters, ...special }));

const count = (what: string) => wholeNumber(what, 0, 65_535);

/** What a group can say for all of its workers. */
export const workerDefaults = {
  nice: optional(described(wholeNumber("a nice value", -20, 19), "Nice value, -20 to 19.")),
  comm: optional(described(taskName, "Name of the worker, at most 15 bytes.")),
  uid: optional(described(id("user"), "User id the worker changes to.")),
  gid: optional(described(id("group"), "Group id the worker changes to.")),
  numa_node: optional(described(index("the number of a memory node"), "The worker keeps to this node's CPUs.")),
};

export const workSchema = section({
  work_type: optional(described(workTypeSchema, "What it does. Default SpinWait.")),
  workers: optional(described(count("a number of workers"), "How many. Default: workers_per_cgroup.")),
  workers_per_cpu: optional(
    described(aboveZero("a number above 0"), "How many per CPU of the group, rounded up; instead of workers."),
  ),
  sched_policy: optional(described(schedPolicySchema, "Scheduling policy. Default normal: left alone.")),
  affinity: optional(described(affinitySchema, "Where it may run. Default inherit: left alone.")),
  mem_policy: optional(described(memPolicySchema, "Where its memory comes from. Default: left alone.")),
  mpol_flags: optional(described(memPolicyFlagsSchema, "Flags of the memory policy. Default none.")),
  ...workerDefaults,
  pcomm: optional(
    described(taskName, "Workers with the same one are threads of one process of this name, at most 15 bytes."),
  ),
});
