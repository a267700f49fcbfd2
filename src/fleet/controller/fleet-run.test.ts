import { expect, test } from "vitest";
import { controllerLimits, fleetExit, onlyStage } from "../model/index.ts";
import type { AgentFate, SimulatedRun } from "../simulation/index.ts";
import { calmFate, randomOf, simulateRun } from "../simulation/index.ts";
import { expectations, linkStates } from "./index.ts";

type Fates = Parameters<typeof calmFate>;

const runOf = (...fate: Fates): SimulatedRun => simulateRun(calmFate(...fate), randomOf(1));
/** Of each agent why it failed, or its state. */
const endsOf = ({ links }: SimulatedRun) => links.map(({ failure, state }) => failure?.cause ?? state);
const statusOf = ({ outcome }: SimulatedRun): number | null => (outcome === null ? null : fleetExit[outcome]);
const timesOf = ({ effects }: SimulatedRun, agent: number, kind: string): number[] =>
  effects.flatMap((one) => (one.kind === kind && "agent" in one && one.agent === agent ? [one.atMs] : []));
const ends = (fates: readonly Partial<AgentFate>[], rest: Fates[1] = {}) => {
  const run = runOf(fates, rest);
  return [statusOf(run), endsOf(run)];
};

test("all succeed: 0", () => {
  const run = runOf([{}, { clockAheadMs: 10_000 }, { clockAheadMs: -10_000 }]);
  expect([statusOf(run), endsOf(run)]).toEqual([0, ["completed", "completed", "completed"]]);
  // Clocks that are 20 s apart begin at the same moment.
  expect(run.agents.map((agent) => agent?.beganMs)).toEqual([run.startMs, run.startMs, run.startMs]);
  expect(run.startMs).toBe((timesOf(run, 0, "send").at(0) ?? 0) + 1 + 1000 + 1 + 8 * 2 + controllerLimits.startDelayMs);
});

test("all fail: 1; some fail: 2, and the others go on", () => {
  expect(ends([{ workFails: true }, { workFails: true }])).toEqual([1, ["workload_failed", "workload_failed"]]);
  expect(ends([{}, { workFails: true, workMs: 100 }])).toEqual([2, ["completed", "workload_failed"]]);
  expect(ends([{}, { diesAtMs: 13_000 }])).toEqual([2, ["completed", "lost"]]);
});

test("too few are left: all are ended, 1", () => {
  expect(ends([{}, {}, { diesAtMs: 13_000 }], { minAgents: 3 })).toEqual([1, ["aborted", "aborted", "lost"]]);
  expect(ends([{}, {}, { diesAtMs: 13_000 }], { minAgents: 2 })).toEqual([2, ["completed", "completed", "lost"]]);
});

test("the user ends it: 3, within the limit of an abort", () => {
  const run = runOf([{}, { hangsAtMs: 12_000 }], { interruptsAtMs: [13_000] });
  expect([statusOf(run), endsOf(run), run.finishedMs]).toEqual([3, ["aborted", "aborted"], 18_000]);
  const quick = runOf([{}, {}], { interruptsAtMs: [13_000] });
  expect([statusOf(quick), quick.finishedMs]).toEqual([3, 13_002]);
});

test("the user who asks twice does not wait", () => {
  const run = runOf([{ hangsAtMs: 12_000 }], { interruptsAtMs: [13_000, 13_100] });
  expect([statusOf(run), run.finishedMs]).toEqual([3, 13_100]);
});

test("an agent that cannot be reached: 4, after tries at 0, 1, 3 and 7 s, and nobody has begun", () => {
  const run = runOf([{}, { refusals: Number.POSITIVE_INFINITY, wayMs: [0, 0] }]);
  expect([statusOf(run), endsOf(run)]).toEqual([4, ["aborted", "unreachable"]]);
  expect(timesOf(run, 1, "connect")).toEqual([0, 1000, 3000, 7000]);
  expect(run.startMs).toBeNull();
});

test("an agent that does not know us, or has another's run, is not tried again: 5", () => {
  const run = runOf([{}, { refusals: Number.POSITIVE_INFINITY, refusedBy: "denial" }]);
  expect([statusOf(run), endsOf(run), timesOf(run, 1, "connect")]).toEqual([5, ["aborted", "denied"], [0]]);
});

test("who is ended because another failed has not failed", () => {
  const run = runOf([{}, { rejects: true }]);
  expect(run.links.map(({ state, failure }) => [state, failure?.message])).toEqual([
    ["aborted", "ended with the run"],
    ["failed", "it does not parse"],
  ]);
});

test("an agent that its host ends before the start ends the run for all: 1", () => {
  const run = runOf([{}, { stopsAtMs: 500 }]);
  expect([statusOf(run), run.links.map(({ state }) => state)]).toEqual([1, ["aborted", "failed"]]);
});

test("the same reason is told once, however often it is tried", () => {
  const run = runOf([{ refusals: 3 }]);
  const warnings = run.effects.flatMap((one) => (one.kind === "warn" ? [one.text] : []));
  expect(warnings).toEqual([
    "attempt 1 to connect failed: refused; the next is in 1000 ms",
    "attempt 2 to connect failed like the one before; the next is in 2000 ms",
    "attempt 3 to connect failed like the one before; the next is in 4000 ms",
  ]);
});

test("an agent that does not answer is tried for 5 s each time: 27 s in all", () => {
  const run = runOf([{ refusals: Number.POSITIVE_INFINITY, refusedBy: "silence" }]);
  expect([statusOf(run), timesOf(run, 0, "connect"), run.finishedMs]).toEqual([4, [0, 6000, 13_000, 22_000], 27_000]);
});

test("an agent that appears after two refusals is taken", () => {
  expect(ends([{ refusals: 2 }])).toEqual([0, ["completed"]]);
});

test("a configuration that is refused, or cannot be prepared: 5, and all are ended", () => {
  expect(ends([{}, { rejects: true }])).toEqual([5, ["aborted", "config_rejected"]]);
  expect(ends([{}, { prepareFails: true }])).toEqual([5, ["aborted", "prepare_failed"]]);
});

test("not ready in time: 6", () => {
  expect(ends([{}, { prepareMs: 45_000 }])).toEqual([6, ["aborted", "not_ready_in_time"]]);
  expect(ends([{}, { hangsAtMs: 500 }])).toEqual([6, ["aborted", "silent"]]);
});

test("an agent that dies before the start: 1, and all are ended", () => {
  expect(ends([{}, { diesAtMs: 500 }])).toEqual([1, ["aborted", "lost"]]);
});

test("a silent agent is given up after 10 s and three pings of 5 s, and the others go on", () => {
  const run = runOf([{ workMs: 60_000 }, { workMs: 60_000, hangsAtMs: 20_500 }]);
  expect([statusOf(run), endsOf(run)]).toEqual([2, ["completed", "silent"]]);
  const { heardMs } = run.links[1] ?? { heardMs: 0 };
  const given = run.effects.find((one) => one.kind === "went" && one.agent === 1 && one.to === "failed");
  expect((given?.atMs ?? 0) - heardMs).toBe(25_000);
});

test("an agent that answers pings and does not report is given up after a minute", () => {
  const { agentLimits, ...rest } = calmFate([]);
  const run = runOf([{ workMs: 200_000 }], { agentLimits: { ...agentLimits, reportMs: 1_000_000 } });
  expect([statusOf(run), endsOf(run)]).toEqual([1, ["no_reports"]]);
  const { reportedMs } = run.links[0] ?? { reportedMs: 0 };
  expect((run.finishedMs ?? 0) - reportedMs).toBe(rest.controllerLimits.noReportMs);
});

test("preparing may take as long as it wants without a limit, while pings are answered", () => {
  const { agentLimits, controllerLimits: usual } = calmFate([]);
  const run = runOf([{ prepareMs: 600_000 }], {
    controllerLimits: { ...usual, prepareMs: null },
    agentLimits: { ...agentLimits, prepareMs: null },
  });
  expect([statusOf(run), endsOf(run)]).toEqual([0, ["completed"]]);
});

test("a workload of no length is completed", () => {
  expect(ends([{ workMs: 0 }, { workMs: 0 }])).toEqual([0, ["completed", "completed"]]);
});

test("what is no message is told, and the run goes on", () => {
  const run = runOf([{ garblesAtMs: 12_500 }]);
  const warnings = run.effects.flatMap((one) => (one.kind === "warn" ? [one.text] : []));
  expect([statusOf(run), warnings]).toEqual([0, ["what came is no message: 0xff"]]);
});

test("a way of two seconds only delays", () => {
  expect(ends([{}, { wayMs: [2000, 2000] }])).toEqual([0, ["completed", "completed"]]);
});

test("agents whose controller dies stop", () => {
  const run = runOf([{ workMs: 60_000 }], { controllerDiesAtMs: 13_000 });
  expect(run.agents.map((agent) => agent?.states.at(-1))).toEqual([{ state: "error", atMs: 13_001 }]);
});

const barrier = { name: "second", barrier: true };
const free = { name: "third", barrier: false };
/** An agent that works so long in every stage. */
const works = (...workMs: [number, ...number[]]): Partial<AgentFate> => ({
  workMs: workMs[0],
  later: workMs.slice(1).map((one) => ({ prepareMs: 500, workMs: one })),
});

test("at a barrier all wait for the last, and begin together", () => {
  const run = runOf([{ ...works(2000, 3000), clockAheadMs: 4000 }, works(20_000, 1000)], {
    stages: [onlyStage, barrier],
  });
  expect([statusOf(run), endsOf(run)]).toEqual([0, ["completed", "completed"]]);
  const [one, other] = run.agents.map((agent) => agent?.stages[1]?.beganMs);
  expect(one).toBe(other);
  const lastMs = run.agents[1]?.arrivals[0]?.atMs ?? 0;
  expect(one).toBe(lastMs + 1 + 8 * 2 + controllerLimits.startDelayMs);
});

test("without a barrier an agent goes on by itself", () => {
  const run = runOf([works(2000, 3000), works(20_000, 1000)], { stages: [onlyStage, free] });
  expect(endsOf(run)).toEqual(["completed", "completed"]);
  const startMs = run.startMs ?? 0;
  expect(run.agents.map((agent) => (agent?.stages[1]?.beganMs ?? 0) - startMs)).toEqual([2500, 20_500]);
});

test("who fails is not waited for at a barrier, and the others go on: 2", () => {
  const run = runOf([works(2000, 1000), { ...works(60_000, 1000), diesAtMs: 15_000 }], {
    stages: [onlyStage, barrier],
  });
  expect([statusOf(run), endsOf(run)]).toEqual([2, ["completed", "lost"]]);
});

test("who is not at a barrier in time has failed by name, and the others go on without it: 2", () => {
  const limits = { ...controllerLimits, barrierMs: 10_000 };
  const run = runOf([works(2000, 1000), works(60_000, 1000), works(3000, 1000)], {
    stages: [onlyStage, barrier],
    controllerLimits: limits,
  });
  expect([statusOf(run), endsOf(run)]).toEqual([2, ["completed", "missed_barrier", "completed"]]);
  expect(run.links[1]?.failure?.message).toBe(
    'it was not at the barrier before the stage "second" 10000 ms after the first',
  );
  const phases = run.effects.flatMap((one) => (one.kind === "phase" ? [one.why] : []));
  expect(phases).toContain('all that are left are at the barrier before the stage "second", without agent-1');
});

test("a stage's reports and results are told as its own", () => {
  const run = runOf([works(2000, 1000)], { stages: [onlyStage, barrier] });
  const told = run.effects.flatMap((one) => (one.kind === "report" ? [[one.stage, one.report.kind]] : []));
  expect(told.filter(([, kind]) => kind !== "running")).toEqual([
    [0, "stage_done"],
    [1, "completed"],
  ]);
});

test("the user ends a run at a barrier: 3", () => {
  const run = runOf([works(2000, 1000), works(600_000, 1000)], {
    stages: [onlyStage, barrier],
    interruptsAtMs: [30_000],
  });
  expect([statusOf(run), run.links.map(({ state }) => state)]).toEqual([3, ["aborted", "aborted"]]);
});

test("nothing counts after the end of an agent, and nothing before it is connected", () => {
  for (const state of ["connecting", "completed", "failed", "aborted"] as const)
    expect(new Set(Object.values(expectations[state]))).toEqual(new Set(["ignore"]));
  expect(Object.keys(expectations)).toEqual([...linkStates]);
});
