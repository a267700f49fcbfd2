import { expect, test } from "vitest";
import { noAttributes } from "../run/index.ts";
import type { RawAttachFlags } from "./attach-flags.ts";
import { toAttachRequest } from "./attach-spec.ts";

const terms = {
  limits: {},
  attributes: noAttributes,
  jobId: null,
  tree: true,
  keepLimits: false,
  forceMove: false,
  strict: false,
  slaEligible: false,
  intent: null,
  tags: {},
  cgroupParent: null,
  scope: "auto",
  account: false,
};

test("a pid alone is attached to with its tree, watched, and nothing is asked of it", () => {
  expect(toAttachRequest({ pid: "7" }, {})).toEqual({
    wanted: { by: "pid", pids: [7] },
    stay: "watch",
    limited: false,
    terms,
  });
});

test.each([
  [{ pid: "7,8,7" }, { by: "pid", pids: [7, 8] }],
  [{ comm: "ff*" }, { by: "comm", pattern: "ff*" }],
  [{ job: "a,b" }, { by: "job", jobIds: ["a", "b"] }],
] satisfies [RawAttachFlags, unknown][])("%o names its targets", (flags, wanted) => {
  expect(toAttachRequest(flags, {}).wanted).toEqual(wanted);
});

test.each([
  [{ "no-tree": true }, { tree: false }],
  [{ "keep-limits": true }, { keepLimits: true }],
  [{ "force-move": true }, { forceMove: true }],
  [{ strict: true }, { strict: true }],
  [{ "job-id": "x" }, { jobId: "x" }],
  [{ tag: ["a=b"] }, { tags: { a: "b" } }],
  [{ intent: "soak" }, { intent: "soak" }],
  [{ "sla-eligible": true }, { slaEligible: true }],
  [{ "cgroup-parent": "p" }, { cgroupParent: "p", account: true }],
  [{ scope: "systemd" }, { scope: "systemd", account: true }],
  [{ json: true }, {}],
  [
    { json: true, "pids-max": "5" },
    { limits: { pidsMax: 5 }, account: true },
  ],
  [{ report: "f", nice: "5" }, { attributes: { ...noAttributes, nice: 5 } }],
] satisfies [RawAttachFlags, unknown][])("%o changes just its own part", (flags, part) => {
  expect(toAttachRequest({ pid: "7", ...flags }, {}).terms).toEqual({ ...terms, ...part });
});

test("the environment's parent is no wish to be counted", () => {
  expect(toAttachRequest({ pid: "7" }, { CORRAL_CGROUP_PARENT: "p" }).terms).toEqual({ ...terms, cgroupParent: "p" });
});

test.each([
  [{}, "no process was named"],
  [{ pid: "7", comm: "x" }, "--pid, --comm and --job exclude each other"],
  [{ pid: "0" }, '--pid expects a whole number from 1 to 4194304, not "0"'],
  [{ pid: "7," }, '--pid expects a whole number from 1 to 4194304, not ""'],
  [{ comm: "" }, "--comm must not be empty"],
  [{ pid: "7", once: true, background: true }, "--once and --background exclude each other"],
  [{ pid: "7", background: true, json: true }, "--background has no report to print"],
  [{ job: "a", once: true }, "--once says how to attach, and the job of --job is attached already"],
  [{ job: "a", "job-id": "b" }, "--job-id says how to attach, and the job of --job is attached already"],
  [{ job: "a", "dry-run": true }, "--dry-run has nothing to plan for --job"],
  [{ pid: "7", "cgroup-parent": "" }, "--cgroup-parent must not be empty"],
] satisfies [RawAttachFlags, string][])("%o is wrong usage", (flags, message) => {
  expect(() => toAttachRequest(flags, {})).toThrow(expect.objectContaining({ code: "USAGE", message }));
});
