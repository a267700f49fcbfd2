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
      const plan = await planScenarioFile(file, { topology: parseTopology(topology) });
      expect(plan).toMatchObject({ kind: "plan", plan: { warnings: [] } });
    }
  },
);
