import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { diskUnder } from "../../cgroup/index.ts";
import { detailKinds } from "../checks/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import { loadScenario } from "../file/index.ts";
import type { ScenarioPlan } from "../plan/index.ts";
import { planScenarioFile } from "../plan/index.ts";
import { parseTopology } from "../topology/index.ts";
import { cannedNames, cannedPath, readCanned, toCannedListDocument } from "./index.ts";

const topologies = ["cpus=2,numa=2", "cpus=8,numa=2"];

/** Who removes a group of the backdrop is told so; cgroup-remove means to. */
const meant = /is the backdrop's, and is not there for later steps$/;

/** What there is to say against a plan; of a host that has no disk for temporary files, that alone is nothing. */
function objections(plan: ScenarioPlan): readonly unknown[] {
  if (plan.kind === "plan") return plan.plan.warnings.filter(({ message }) => !meant.test(message));
  return plan.unmet.filter(({ need }) => need !== "tmpdirDisk" || diskUnder(tmpdir()) !== null);
}

async function expectPlan(file: ScenarioFile): Promise<void> {
  for (const topology of topologies)
    expect(objections(await planScenarioFile(file, { topology: parseTopology(topology) }))).toEqual([]);
}

describe.each(cannedNames())("%s", (name) => {
  const { title, proves, scenario, path } = readCanned(name);

  test("has its name, a title and words on what it proves", () => {
    expect(scenario.name).toBe(name);
    expect(title).toMatch(/^[A-Z].{10,98}[^.]$/);
    expect(proves).toMatch(/^[A-Z].*\.$/);
  });

  test("comes to a plan without a warning on two CPUs, and on eight, with two memory nodes", async () => {
    await expectPlan(loadScenario(path));
  });

  test("has a broken twin, which is asked the same, comes to a plan too and says how it fails", async () => {
    const twin = loadScenario(`scenarios/broken/${name}.yaml`);
    const { name: twinName, about = "", checks, expect: expected, duration } = twin.scenario;
    expect(twinName).toBe(`${name}-broken`);
    expect([checks, expected, duration]).toEqual([scenario.checks, scenario.expect, scenario.duration]);
    expect(about).toMatch(new RegExp(`^Broken: .+\n\nFails with: (${detailKinds.join("|")})\n$`));
    await expectPlan(twin);
  });
});

test("there is no broken twin of nothing", () => {
  const twins = readdirSync("scenarios/broken").flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);
  expect(twins.toSorted()).toEqual(cannedNames());
});

test("a name is a name, and no path", () => {
  expect(cannedPath("steady")?.endsWith("/scenarios/steady.yaml")).toBe(true);
  for (const other of ["stedy", "broken/steady", "../scenarios/steady", "steady.yaml", ""])
    expect(cannedPath(other)).toBeNull();
});

test("the list says what each needs", () => {
  const { scenarios } = toCannedListDocument([readCanned("io-isolation")]);
  expect(scenarios.map(({ name, duration_sec, needs }) => [name, duration_sec, needs])).toEqual([
    ["io-isolation", 1.5, { cpus: null, llcs: null, numa_nodes: null, threads_per_core: null, tmpdir_disk: true }],
  ]);
});
