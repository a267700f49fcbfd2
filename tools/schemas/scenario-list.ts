import * as v from "valibot";
import { countOrNull, describe, seconds, text, yesNo } from "./parts.ts";

/** `corral.scenario-list/1`. */
export const scenarioList = v.strictObject({
  schema: v.pipe(v.literal("corral.scenario-list/1"), v.description("Name and version of this document.")),
  scenarios: v.pipe(
    v.array(
      v.strictObject({
        name: text("What corral scenario run takes."),
        title: text("One line."),
        proves: text("What it proves; empty: the title says it."),
        file: text("Its file."),
        duration_sec: v.pipe(seconds(), v.description("Budget of all its holds together.")),
        needs: v.pipe(
          v.strictObject({
            cpus: countOrNull("CPUs; null: any number."),
            llcs: countOrNull("Last-level caches; null: any number."),
            numa_nodes: countOrNull("Memory nodes; null: any number."),
            threads_per_core: countOrNull("Hardware threads per core; null: any number."),
            tmpdir_disk: yesNo("Whether temporary files (TMPDIR) must be on a disk."),
          }),
          v.description("What a host must have at least; else it is skipped."),
        ),
      }),
    ),
    v.description("In the order of their names."),
  ),
});

export const scenarioListSchemas: Readonly<Record<string, object>> = {
  "scenario-list.schema.json": describe(
    "corral.scenario-list/1: the scenarios that are shipped, by corral scenario list --json",
    scenarioList,
  ),
};
