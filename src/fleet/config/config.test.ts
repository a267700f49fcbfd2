import { expect, test } from "vitest";
import { parse } from "yaml";
import { controllerLimits, onlyStage } from "../model/index.ts";
import { parseFleetFile, planFleet } from "./index.ts";

const planOf = (text: string) =>
  planFleet(parseFleetFile(text, "f.yaml"), { name: "f", readScenario: (path) => `name: ${path}\n` });
const problemsOf = (text: string): string => {
  try {
    parseFleetFile(text, "f.yaml");
    return "";
  } catch (thrown) {
    return (thrown as { toLine(): string }).toLine();
  }
};

test("a short file comes to the limits that there are, and to agents with names of their own", () => {
  const plan = planOf("version: 1\nagents: [a, 'b:7000']\nworkload: {command: [echo, '{index}']}\n");
  expect({ ...plan, agents: [] }).toEqual({
    ...{ name: "f", agents: [], limits: controllerLimits, minAgents: 1, thresholds: [] },
    ...{ stages: [onlyStage], isStaged: false },
  });
  const configs = plan.agents.map(({ target, assignment: { config, ...rest } }) => [target, rest, parse(config)]);
  expect(configs).toEqual([
    ["a", { agentId: "agent-1", pathPrefix: "agent-1/", index: 0, count: 2 }, { command: ["echo", "{index}"] }],
    ["b:7000", { agentId: "agent-2", pathPrefix: "agent-2/", index: 1, count: 2 }, { command: ["echo", "{index}"] }],
  ]);
});

test("an agent has its own name and its own part of the workload, and shared storage has no prefix", () => {
  const plan = planOf(`version: 1
shared_storage: true
min_agents: 50%
agents:
  - {address: a, id: first, workload: {timeout: 9s}}
  - b
  - c
workload: {command: [x], timeout: 1s}
timeouts: {start_delay: 500ms, prepare: none, retry: [], pings: 5}
`);
  expect(
    plan.agents.map(({ assignment }) => [assignment.agentId, assignment.pathPrefix, parse(assignment.config)]),
  ).toEqual([
    ["first", "", { command: ["x"], timeout: "9s" }],
    ["agent-2", "", { command: ["x"], timeout: "1s" }],
    ["agent-3", "", { command: ["x"], timeout: "1s" }],
  ]);
  expect(plan.minAgents).toBe(2);
  expect(plan.limits).toEqual({ ...controllerLimits, startDelayMs: 500, prepareMs: null, retryMs: [], pings: 5 });
});

test("every mistake is told with its place", () => {
  const text = `version: 2
agents:
  - a:99999
  - {address: b, id: a b, wrong: 1}
thresholds: [p99 low]
timeouts: {connect: 5}
min_agents: 0
`;
  expect(problemsOf(text).split("\n")).toEqual([
    "f.yaml:1:10: version expects 1, the only version there is, not 2",
    'f.yaml:3:5: agents[0] expects HOST, HOST:PORT or [IPV6]:PORT, not "a:99999"',
    'f.yaml:4:22: agents[1].id expects 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -, not "a b"',
    "f.yaml:4:27: agents[1].wrong is not a key here; these are: address, id, workload",
    'f.yaml:5:14: thresholds[0] expects a threshold such as p99_us < 5000, not "p99 low"',
    "f.yaml:6:21: timeouts.connect needs a unit, such as 5s",
    'f.yaml:7:13: min_agents expects a number of agents, or a part of them such as 50%, not "0"',
  ]);
});

test("what is wrong with the work of all agents is told before any is called", () => {
  expect(problemsOf("version: 1\nagents: [a]\nworkload:\n  command: [x]\n  limit: 1\n")).toMatch(
    /^f\.yaml:5:3: workload\.limit is not a key here; did you mean limits\?/,
  );
  expect(problemsOf("version: 1\nagents: [{address: a, workload: {load: {memory: {}, rate: 0}}}]\n")).toBe(
    "f.yaml:2:59: agents[0].workload.load.rate expects a rate above zero, not 0",
  );
});

test("two agents of one name are told, also where one was given none", () => {
  expect(problemsOf("version: 1\nagents:\n  - {address: a, id: agent-2}\n  - b\n")).toBe(
    'f.yaml:4:5: agents[1] has the name of agents[0]: "agent-2"',
  );
});

test("without agents, without work and with more agents wanted than there are there is no run", () => {
  expect(() => planOf("version: 1\nworkload: {command: [x]}\n")).toThrow("there is no agent");
  expect(() => planOf("version: 1\nagents: [a]\n")).toThrow("agent-1 has nothing to run");
  expect(() => planOf("version: 1\nagents: [a]\nworkload: {command: [x]}\nmin_agents: 2\n")).toThrow(
    "min_agents is 2, of 1 agents",
  );
  expect(() => planOf("version: 1\nagents: [a]\nworkload: {x: 1}\ntimeouts: {start_delay: 301s}\n")).toThrow(
    "the start would be 301000 ms ahead, and agents wait for 300000 ms at most",
  );
});

test("stages have workloads of their own, agents' keys come last, and of what runs there is one kind", () => {
  const plan = planOf(`version: 1
agents: [a, {address: b, workload: {limits: {cpu-quota: 50}}}]
workload: {command: [x], timeout: 9s}
stages:
  - {name: fill, workload: {timeout: 5s}}
  - {name: read, barrier: false, workload: {load: {memory: {}}}, thresholds: ["ops > 1"]}
timeouts: {barrier: none}
`);
  expect([plan.isStaged, plan.limits.barrierMs, plan.stages]).toEqual([
    ...[true, null],
    [
      { name: "fill", barrier: true },
      { name: "read", barrier: false },
    ],
  ]);
  expect(plan.thresholds.map(({ stage, threshold }) => [stage, threshold.text])).toEqual([[1, "ops > 1"]]);
  const stagesWith = (own: object) => ({
    stages: [
      { name: "fill", barrier: true, workload: { command: ["x"], timeout: "5s", ...own } },
      { name: "read", barrier: false, workload: { load: { memory: {} }, ...own } },
    ],
  });
  expect(plan.agents.map(({ assignment }) => parse(assignment.config))).toEqual([
    stagesWith({}),
    stagesWith({ limits: { "cpu-quota": 50 } }),
  ]);
});

test("what is wrong with stages is told with its place", () => {
  expect(problemsOf("version: 1\nstages:\n  - {name: a, workload: {command: [x], limit: 1}}\n  - {name: a}\n")).toMatch(
    /^f\.yaml:3:40: stages\[0\]\.workload\.limit is not a key here.*\nf\.yaml:4:12: stages\[1\]\.name is that of stages\[0\]: "a"$/,
  );
  expect(problemsOf("version: 1\nstages: []\n")).toBe("f.yaml:2:9: stages needs at least one stage");
  expect(() => planOf("version: 1\nagents: [a]\nstages: [{name: s}]\n")).toThrow(
    'agent-1 has nothing to run in the stage "s"',
  );
  const both = 'version: 1\nagents: [a]\nthresholds: ["ops > 1"]\nstages: [{name: s, workload: {command: [x]}}]\n';
  expect(() => planOf(both)).toThrow("thresholds are of stages where there are stages");
});

test("a scenario is named by its file and sent as its text", () => {
  const scenarios = planOf(
    'version: 1\nagents: [a, {address: b, workload: {scenario: "x: 1\\n"}}]\nworkload: {scenario: s.yaml}\n',
  );
  expect(scenarios.agents.map(({ assignment }) => parse(assignment.config))).toEqual([
    { scenario: "name: s.yaml\n" },
    { scenario: "x: 1\n" },
  ]);
});
