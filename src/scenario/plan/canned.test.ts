import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { loadScenario } from "../file/index.ts";
import { parseTopology } from "../topology/index.ts";
import { planScenarioFile } from "./index.ts";

const files = readdirSync("scenarios").filter((name) => name.endsWith(".yaml"));

test.each(files)(
  "%s comes to a plan without a warning on two CPUs, and on eight with two memory nodes",
  async (name) => {
    const file = loadScenario(`scenarios/${name}`);
    expect([file.scenario.name, file.scenario.about === undefined]).toEqual([name.replace(".yaml", ""), false]);
    for (const topology of ["cpus=2", "cpus=8,numa=2"]) {
      const result = await planScenarioFile(file, { topology: parseTopology(topology) });
      // Who removes a group of the backdrop is told so; cgroup-remove means to.
      const meant = /is the backdrop's, and is not there for later steps$/;
      const warnings = result.kind === "plan" ? result.plan.warnings : null;
      expect(warnings?.filter(({ message }) => !meant.test(message))).toEqual([]);
    }
  },
);
