import { expect, test } from "vitest";
import { opsStep, planOf, problemsOf } from "../../../test/shared/scenario-plan.ts";

const steps = "steps: [{ setup: [{ name: g }] }]\n";
const ops = (...list: readonly string[]): readonly string[] => problemsOf(opsStep(["{ name: g }"], list));
const attach = "attach_scheduler: { scheduler: {} }";

test("the scheduler under test has its defaults and may name groups that come later", () => {
  expect(planOf(`scheduler: { groups: [g] }\n${steps}`).scheduler).toEqual({
    name: "corral",
    groups: ["g"],
    full: false,
    sliceUs: 5000,
    fifo: false,
    boosts: [],
    watchdogMs: 30_000,
    checks: null,
  });
});

test.each([
  ["{ slice_us: 99 }", "a slice is 100 to 1000000 us, not 99; make it longer"],
  ["{ watchdog: 31s }", "the watchdog is 1s to 30s, not 31s; change it"],
  ["{ watchdog: 999ms }", "the watchdog is 1s to 30s, not 999ms; change it"],
  ["{ groups: [x] }", 'the scheduler cannot have group "x"; there are: "g"; correct the name'],
  ["{ full: true, groups: [g] }", "full has all tasks of the host, whatever their group; leave groups out"],
  [
    "{ boost: [{ cgroup: g, budget: 2ms, period: 1ms }] }",
    "a boost of 2ms is more than its period of 1ms; lower the budget",
  ],
])("a scheduler %s is refused", (scheduler, line) => {
  expect(problemsOf(`scheduler: ${scheduler}\n${steps}`)).toEqual([`scheduler: ${line}`]);
});

test("only one runs, and one that does not run is not ended", () => {
  const none = "no scheduler runs at this point; attach one before";
  expect(ops(attach, "replace_scheduler: { scheduler: {} }", "detach_scheduler")).toEqual([]);
  expect(ops(attach, attach)).toEqual([
    "step 0, op 1 (attach_scheduler): a scheduler runs at this point, and the kernel takes only one; use replace_scheduler",
  ]);
  expect(ops("detach_scheduler")).toEqual([`step 0, op 0 (detach_scheduler): ${none}`]);
  expect(ops("replace_scheduler: { scheduler: {} }")).toEqual([`step 0, op 0 (replace_scheduler): ${none}`]);
  expect(ops(attach, "restart_scheduler")).toEqual([
    "step 0, op 1 (restart_scheduler): restart_scheduler starts the scenario's own scheduler, and it has none; add scheduler to the scenario",
  ]);
  expect(problemsOf(`scheduler: {}\n${opsStep([], ["restart_scheduler", "detach_scheduler"])}`)).toEqual([]);
});

test("ops name groups that are there", () => {
  expect(ops("attach_scheduler: { scheduler: { groups: [later] } }")).toEqual([
    'step 0, op 0 (attach_scheduler): the scheduler cannot have group "later"; there are: "g"; correct the name',
  ]);
});
