import * as fc from "fast-check";
import { expect, test } from "vitest";
import { faultOfRecord } from "./record-shape.ts";

const identity = { bootId: "b", pid: 7, startTicks: 9 };
const record = {
  schema: "corral.start/1",
  job_id: "j",
  mode: "run",
  corral: identity,
  workload: null,
  argv: ["make"],
  cwd: "/",
  uid: 0,
  start_time: "2026-01-02T03:04:05.678Z",
  begun_ns: "12",
  planned_groups: [],
  groups_since: null,
  groups: [{ path: "/g", version: 2, controllers: ["pids"], device: 1, inode: 2 }],
  constraints: [],
  adopted: [],
  tags: {},
  left: null,
  stop_time: null,
  warnings: [],
};

test("a start record can be used", () => {
  expect(faultOfRecord(record)).toBe(null);
  expect(faultOfRecord({ ...record, workload: identity, left: { time: "t", why: "once" }, begun_ns: null })).toBe(null);
});

test.each([
  ["another document", { ...record, schema: "corral.start/2" }, "it is not a corral.start/1"],
  ["an array", [], "it is not a corral.start/1"],
  ["null", null, "it is not a corral.start/1"],
  ["an id that is a path", { ...record, job_id: "../x" }, "its field job_id is not what a start record has there"],
  [
    "a pid that is none",
    { ...record, corral: { ...identity, pid: "7" } },
    "its field corral is not what a start record has there",
  ],
  ["no groups", { ...record, groups: undefined }, "its field groups is not what a start record has there"],
  ["a time that is no number", { ...record, begun_ns: "x" }, "its field begun_ns is not what a start record has there"],
])("%s is no start record, and why is told", (_, value, fault) => {
  expect(faultOfRecord(value)).toBe(fault);
});

test("anything that JSON can hold is judged without a throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(faultOfRecord(value)).not.toBe(null);
    }),
  );
});
