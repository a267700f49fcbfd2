import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import { loadScenario } from "../file/index.ts";
import type { Scenario } from "../model/index.ts";
import { parseTopology } from "../topology/index.ts";
import { loadScenarioFor, planScenario, planScenarioFile } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-plan-"));
afterAll(() => rmSync(directory, { recursive: true }));

const topology = parseTopology("cpus=8");
let modules = 0;

/** A scenario whose step has the groups of a module. */
function withModule(source: string, name = "default"): Scenario {
  modules += 1;
  const module = `groups-${modules}.mjs`;
  writeFileSync(join(directory, module), source);
  return { version: 1, name: "s", duration: "2s", steps: [{}, { setup: { module, export: name } }] };
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  return thrown instanceof CorralError ? `${thrown.code}: ${thrown.toLine()}` : String(thrown);
}

test("a module makes the groups of a step from what is known", async () => {
  const source = `export const make = (context) => [
    { name: \`\${context.scenario}-\${context.step}-\${context.durationMs}-\${context.workersPerCgroup}\`,
      cpuset: { exact: context.topology.usable } }];`;
  const result = await planScenario(withModule(source, "make"), { topology, directory });
  expect(result).toMatchObject({
    kind: "plan",
    plan: { steps: [{ setup: [] }, { setup: [{ name: "s-1-2000-1", effectiveCpus: [0, 1, 2, 3, 4, 5, 6] }] }] },
  });
});

test.each([
  ["export default () => { throw new Error('no way') };", "failed: no way"],
  ["export default async () => { throw 'nothing'; };", "failed: nothing"],
  ["export default () => ({ name: 'g' });", "makes something else than a list of groups"],
  ["export default () => [{ name: '../g' }];", 'makes a wrong group 0: name has an empty part, . or ..: "../g"'],
  ["export const other = () => [];", 'has no function "default" among its exports'],
  ["export default 5;", 'has no function "default" among its exports'],
])("a module with %j is told with its step", async (source, fault) => {
  const scenario = withModule(source);
  expect(await refusalOf(planScenario(scenario, { topology, directory }))).toBe(
    `CONFIG: step 1, setup: module "groups-${modules}.mjs" ${fault}; its function takes what is known of the host and returns groups as a program spells them`,
  );
});

test("a module that is not there, or no module, is told", async () => {
  const absent: Scenario = { version: 1, name: "s", steps: [{ setup: { module: "absent.mjs" } }] };
  expect(await refusalOf(planScenario(absent, { topology, directory }))).toContain(
    'step 0, setup: module "absent.mjs" cannot be loaded: ',
  );
});

test("groups of a module are judged like others, and found in the file at the module", async () => {
  withModule("export default () => [{ name: 'g', cpuset: { llc: 7 } }];");
  const path = join(directory, "scenario.yaml");
  writeFileSync(path, `version: 1\nname: s\nsteps:\n  - setup: { module: groups-${modules}.mjs }\n`);
  expect(await refusalOf(planScenarioFile(loadScenario(path), { topology }))).toBe(
    `CONFIG: ${path}:4:12: step 0, group "g": there is no last-level cache 7: there is only 0; name one of those`,
  );
});

test("values that a file could not have are refused by the same rules", async () => {
  const wrong = { version: 1, name: "s", duration: "soon", steps: [{ setup: [{ name: "/a", nice: 40 }] }] };
  expect(await refusalOf(planScenario(wrong as unknown as Scenario, { topology }))).toBe(
    [
      'CONFIG: duration: duration expects a duration such as 500ms, 10s or 5m, not "soon"',
      'step 0, group "/a": name is below the scenario\'s own group and begins without a slash: "/a"',
      'step 0, group "/a": nice expects a nice value from -20 to 19, not 40',
    ].join("\n"),
  );
});

describe("the function of Custom work", () => {
  const scenarioOf = (module: string): Scenario => ({
    version: 1,
    name: "s",
    steps: [{ setup: [{ name: "g", works: [{ workType: { Custom: { module, export: "work" } } }] }] }],
  });

  test("is loaded when the scenario is settled", async () => {
    writeFileSync(join(directory, "work.mjs"), "export const work = () => {};");
    expect(await planScenario(scenarioOf("work.mjs"), { topology, directory })).toMatchObject({
      kind: "plan",
      plan: { steps: [{ setup: [{ works: [{ custom: { module: "work.mjs", export: "work", name: "work" } }] }] }] },
    });
  });

  test("must be there, and is told with its line in a file", async () => {
    writeFileSync(join(directory, "other.mjs"), "export const other = () => {};");
    expect(await refusalOf(planScenario(scenarioOf("other.mjs"), { topology, directory }))).toBe(
      'CONFIG: step 0, group "g", work 0: module "other.mjs" has no function "work" among its exports; name a module and its exported function',
    );
    const path = join(directory, "custom.yaml");
    writeFileSync(
      path,
      `version: 1
name: s
steps:
  - setup:
      - name: g
        works:
          - work_type: { Custom: { module: absent.mjs } }
`,
    );
    expect(await refusalOf(planScenarioFile(loadScenario(path), { topology }))).toContain(
      `${path}:7:24: step 0, group "g", work 0: module "absent.mjs" cannot be loaded: `,
    );
  });
});

describe("mistakes of single values do not hide those of the rest", () => {
  const told = async (body: string): Promise<readonly string[]> => {
    const path = join(mkdtempSync(join(tmpdir(), "corral-rest-")), "s.yaml");
    writeFileSync(path, `version: 1\nname: s\n${body}`);
    try {
      await loadScenarioFor(path, { topology: () => parseTopology("cpus=4") });
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      return thrown.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
    } finally {
      rmSync(dirname(path), { recursive: true });
    }
    return [];
  };

  test("a group that is not there is told beside a key that is not known, each at its place", async () => {
    const steps = [
      "steps:",
      "  - setup:",
      "      - { name: a, memory: 5 }",
      "    ops:",
      "      - set_cpusets: { cgroup: b }",
      "      - freeze_cgroup: { cgroup: c }",
    ];
    expect(await told(`${steps.join("\n")}\n`)).toEqual([
      "5:20: steps[0].setup[0].memory is not a key here; these are: name, cpuset, cpuset_mems, limits, works, swappable, payload, nice, comm, uid, gid, numa_node",
      "7:9: steps[0].ops[0].set_cpusets is not a key here; did you mean set_cpuset?",
      '8:34: step 0, op 1 (freeze_cgroup): there is no group "c" at this point; there are: none; correct the name, or make the group before',
    ]);
  });

  test("what is missing only because of a mistake is not told", async () => {
    const steps =
      "steps: [{ ops: [{ add_cgrup: { name: a } }, { freeze_cgroup: { cgroup: a } }, { add_cgroup: { name: a/b } }] }]\n";
    expect(await told(steps)).toEqual(["3:19: steps[0].ops[0].add_cgrup is not a key here; did you mean add_cgroup?"]);
    expect(await told("needs: { cpu: 8 }\nsteps: [{ setup: [{ name: a, cpuset: { exact: 7 } }] }]\n")).toEqual([
      "3:10: needs.cpu is not a key here; did you mean cpus?",
    ]);
  });

  test("a scenario without a step that could be gone through is told as it is", async () => {
    expect(await told("steps: [nothing]\n")).toEqual(['3:9: steps[0] expects keys and values, not "nothing"']);
  });

  test("a program is told all of it too", async () => {
    const scenario = { version: 1, name: "s", duration: "5", steps: [{ ops: [{ freezeCgroup: { cgroup: "x" } }] }] };
    await expect(planScenario(scenario as unknown as Scenario, { topology: parseTopology("cpus=4") })).rejects.toThrow(
      expect.objectContaining({ problems: [expect.anything(), expect.anything()] }),
    );
  });
});
