import { expect, test } from "vitest";
import { toPid } from "../../kernel/index.ts";
import { noAttributes } from "../spec.ts";
import { parseWatchConfig } from "./config.ts";
import type { WatchRule } from "./config-types.ts";
import { attachSpecOf, matchOf, ruleOfRecord, settingsOf } from "./rule-job.ts";

function ruleOf(rest: string, match = "{ comm: x }", name = "r"): WatchRule {
  const text = `version: 1\nrules:\n  - { name: ${name}, match: ${match}, ${rest} }\n`;
  const [rule] = parseWatchConfig(text, "test.yaml").rules;
  if (rule === undefined) throw new Error("no rule");
  return rule;
}

const target = { bootId: "boot", pid: toPid(7), startTicks: 100 };

test("an attach by a rule has the rule's limits and tags, and the rule's name, and not yet its settings", () => {
  const rule = ruleOf("limits: { cpu-quota: 50 }, tags: { team: video }, strict: true, intent: soak, tree: false");
  expect(attachSpecOf(rule, target, "/jobs")).toEqual({
    target,
    jobId: null,
    limits: { cpuMax: { quotaUs: 50_000, periodUs: 100_000 } },
    attributes: noAttributes,
    strict: true,
    intent: "soak",
    slaEligible: false,
    tree: false,
    keepLimits: false,
    forceMove: false,
    tags: { team: "video", "corral.rule": "r" },
    cgroupParent: "/jobs",
    scope: "auto",
    account: false,
  });
});

test("equal settings have equal fingerprints, whatever they were written like", () => {
  expect(settingsOf(ruleOf("limits: { cpu-quota: 50 }"))).toBe(settingsOf(ruleOf("limits: { cpu-max: 50000 100000 }")));
  expect(settingsOf(ruleOf("limits: { nice: 5 }", "{ comm: y }", "other"))).toBe(
    settingsOf(ruleOf("limits: { nice: 5 }")),
  );
});

test("everything that shapes a job tells two rules apart", () => {
  const all = [
    "limits: { nice: 5 }",
    "limits: { nice: 6 }",
    "limits: { cpu-quota: 6 }",
    "limits: { nice: 5 }, strict: true",
    "limits: { nice: 5 }, intent: test",
    "limits: { nice: 5 }, sla_eligible: true",
    "limits: { nice: 5 }, tags: { a: b }",
    "limits: { nice: 5 }, tree: false",
    "limits: { nice: 5 }, keep_limits: true",
  ];
  expect(new Set(all.map((rest) => settingsOf(ruleOf(rest)))).size).toBe(all.length);
});

test("what a rule asks of processes has a fingerprint of its own", () => {
  const all = ["{ comm: x }", "{ comm: [x, y] }", "{ exe: /x }", "{ comm: x }, except: [{ user: root }]"];
  expect(new Set(all.map((match) => matchOf(ruleOf("limits: { nice: 5 }", match)))).size).toBe(all.length);
  expect(matchOf(ruleOf("limits: { nice: 5 }"))).toBe(matchOf(ruleOf("limits: { nice: 6 }")));
});

test("a record tells its rule, and the settings once they stand whole", () => {
  expect([
    ruleOfRecord({ tags: {} }),
    ruleOfRecord({ tags: { "corral.rule": "r" } }),
    ruleOfRecord({ tags: { "corral.rule": "r", "corral.rule_settings": "abc-def" } }),
  ]).toEqual([null, { rule: "r", settings: "", match: "" }, { rule: "r", settings: "abc", match: "def" }]);
});
