import * as v from "valibot";
import { opKinds } from "../../src/scenario/model/index.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, whole, yesNo } from "./parts.ts";

const sec = (description: string) => v.pipe(seconds(), v.description(description));
const list = <T extends v.GenericSchema>(item: T, description: string) =>
  v.pipe(v.array(item), v.description(description));
const orNull = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.nullable(schema), v.description(description));

const work = v.strictObject({
  work_type: text("Kind of work."),
  parameters: v.pipe(
    v.record(v.string(), v.union([v.string(), v.number()])),
    v.description("All of its parameters, defaults filled in."),
  ),
  phases: list(
    v.strictObject({ kind: text("spin, sleep, yield or io."), us: count("Microseconds.") }),
    "Of Sequence; else empty.",
  ),
  custom: textOrNull("Of Custom its name; else null."),
  workers: count("How many."),
  workers_per_cpu: orNull(v.number(), "What they were asked for by; null: by number."),
  group_size: count("How many work together."),
  affinity: v.pipe(
    v.strictObject({
      kind: v.pipe(
        v.picklist(["inherit", "fixed", "random"]),
        v.description("inherit: left alone; fixed: these CPUs; random: for each worker count of these."),
      ),
      cpus: textOrNull("CPU list; null for inherit."),
      count: countOrNull("Of random; else null."),
    }),
    v.description("Where they may run."),
  ),
  scheduling: orNull(
    v.strictObject({
      policy: text("other, fifo, rr, batch, idle, ext or deadline."),
      priority: count("1 to 99 for fifo and rr, else 0."),
      runtime_ns: countOrNull("Of deadline; else null."),
      deadline_ns: countOrNull("Of deadline; else null."),
      period_ns: countOrNull("Of deadline; else null."),
    }),
    "Null: left alone.",
  ),
  memory_policy: orNull(
    v.strictObject({ mode: count("MPOL_* with its flags."), nodes: text("Node list; empty for none.") }),
    "Null: left alone.",
  ),
  nice: orNull(v.pipe(v.number(), v.integer()), "Null: left alone."),
  comm: textOrNull("Name of the worker; null: the program's own."),
  pcomm: textOrNull("Process that they are threads of; null: each is a process."),
  uid: countOrNull("User id; null: as Corral's."),
  gid: countOrNull("Group id; null: as Corral's."),
  numa_node: countOrNull("Node that its CPUs are held to; null: none."),
});

const group = v.strictObject({
  name: text("Path below the scenario's group."),
  cpus: textOrNull("cpuset.cpus; null: not written."),
  effective_cpus: textOrNull("CPUs that its processes really have; null: all."),
  mems: textOrNull("cpuset.mems; null: not written."),
  limits: list(
    v.strictObject({ name: text("Flag of corral run."), value: text("Its value.") }),
    "Limits, without the cpusets.",
  ),
  controllers: texts("What the group above hands down to it."),
  works: list(work, "Workers."),
  payload: orNull(v.array(v.string()), "Program and arguments; null: none."),
});

const op = v.strictObject({
  kind: text(`One of ${opKinds.join(", ")}.`),
  does: text("What it does, for people."),
  group: orNull(group, "Of add_cgroup and add_cgroup_def; else null."),
  work: orNull(work, "Of spawn; else null."),
  cpus: textOrNull("Of set_cpuset and set_affinity; else null."),
});

const step = v.strictObject({
  phase: count("Number of its phase, 1 for the first step, at most 65535."),
  label: text("Step[0] for the first."),
  start_sec: sec("When it begins if nothing but settling and holds takes time."),
  deadline_sec: sec("No hold of it goes beyond, counted from the start of the scenario."),
  ops: list(op, "In order: before the groups, in a loop after them."),
  groups: list(group, "Groups of its setup, in order."),
  settle_sec: sec("Pause after the groups were made."),
  hold: v.pipe(v.picklist(["once", "loop"]), v.description("loop: the ops again and again.")),
  hold_sec: sec("How long the hold is, or all rounds of the loop."),
  interval_sec: orNull(seconds(), "Of a loop the pause after each round; else null."),
  op_mask: count("Bit n is set when an op of the nth kind is in it."),
});

const scheduler = v.strictObject({
  name: text("What the report calls it."),
  groups: orNull(v.array(v.string()), "Groups it has; null: the scenario's whole group."),
  full: yesNo("Whether it has all ordinary tasks of the host."),
  slice_us: count("Microseconds a task runs before others."),
  fifo: yesNo("Tasks of one group in the order they came."),
  boosts: list(
    v.strictObject({ cgroup: text("The group."), budget_ms: v.number(), period_ms: v.number() }),
    "Groups whose tasks run at once when they wake up.",
  ),
  watchdog_sec: sec("How long a task may wait before the kernel takes over."),
});

const plan = v.strictObject({
  duration_sec: sec("Budget of all holds together."),
  planned_sec: sec("How long it lasts if nothing but settling and holds takes time."),
  controllers: texts("The least that must be at hand."),
  scheduler: orNull(scheduler, "The scheduler under test; null: the kernel's own."),
  payloads: list(
    v.strictObject({
      name: text("Its name."),
      command: texts("Program and its own arguments."),
      output: text("exit_code, json or regex."),
    }),
    "Programs that are run as load.",
  ),
  backdrop: v.pipe(
    v.strictObject({
      groups: list(group, "Groups, in order."),
      ops: list(op, "What is done after that."),
      payloads: texts("Payloads that are started last."),
      settle_sec: sec("Pause after them."),
    }),
    v.description("What lasts for the whole scenario."),
  ),
  steps: list(step, "Steps, in order."),
  checks: v.pipe(v.record(v.string(), v.union([v.number(), v.boolean()])), v.description("Checks as written.")),
  expectations: count("How many expectations there are beside the checks."),
  warnings: list(
    v.strictObject({ where: text("Step and op."), message: text("What looks like a mistake.") }),
    "What is allowed and looks like a mistake.",
  ),
});

/** `corral.scenario-plan/1`. */
export const scenarioPlan = v.strictObject({
  schema: v.pipe(v.literal("corral.scenario-plan/1"), v.description("Name and version of this document.")),
  name: text("Name of the scenario."),
  topology: v.pipe(
    v.strictObject({
      source: text("host, or the text it was declared with."),
      cpus: text("All CPUs."),
      usable: text("Those that shares are made of."),
      llcs: texts("CPUs of each last-level cache."),
      nodes: list(v.strictObject({ id: whole(), cpus: text("Empty: memory only.") }), "Memory nodes."),
      threads_per_core: count("Hardware threads per core."),
    }),
    v.description("What it was resolved against."),
  ),
  unmet_needs: list(
    v.strictObject({
      need: v.pipe(
        v.picklist(["cpus", "llcs", "numa_nodes", "threads_per_core", "tmpdir_disk"]),
        v.description("Key of the scenario's needs."),
      ),
      wanted: count("How many it needs."),
      found: count("How many there are."),
    }),
    "What the topology has too little of: then the scenario would be skipped.",
  ),
  plan: orNull(plan, "Null exactly when needs are unmet."),
});

export const scenarioPlanSchemas: Readonly<Record<string, object>> = {
  "scenario-plan.schema.json": describe("corral.scenario-plan/1: what a scenario comes to", scenarioPlan),
};
