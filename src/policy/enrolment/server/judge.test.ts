import { expect, test } from "vitest";
import type { Pid } from "../../../kernel/index.ts";
import type { Claim, Witness } from "./judge.ts";
import { mayEnrol, refuse } from "./judge.ts";

const access = { ownUid: 1000, gid: 50 };
const identity = { bootId: "b", pid: 4711 as Pid, startTicks: 9 };
const status = { pids: [4711, 12, 1], uid: 1000, gid: 1000, groups: [20], caughtSignals: 0n };
const witness: Witness = { identity, uid: 1000, gid: 1000, status };
const claim: Claim = { pid: 0, startTicks: 0n, name: "n", tags: {}, verbs: ["compress"] };

const reasonOf = (change: Partial<Claim>, other: Partial<Witness> = {}, hasRoom = true): string =>
  refuse({ ...claim, ...change }, { ...witness, ...other }, access, hasRoom)?.reason ?? "welcome";

test("a claim is held against the kernel's word: its own pid in any of its namespaces, its start, or nothing at all", () => {
  const pids = [0, 4711, 12, 1].map((pid) => reasonOf({ pid }));
  expect(pids).toEqual(["welcome", "welcome", "welcome", "welcome"]);
  expect([reasonOf({ pid: 4712 }), reasonOf({ pid: 12 }, { status: null })]).toEqual([
    "wrong_identity",
    "wrong_identity",
  ]);
  expect([reasonOf({ startTicks: 9n }), reasonOf({ startTicks: 8n })]).toEqual(["welcome", "wrong_identity"]);
  expect(reasonOf({}, { identity: null })).toBe("wrong_identity");
});

test("our own user and root may enrol, and whoever is of the group, by whichever of his groups", () => {
  const may = (uid: number, gid: number, groups: readonly number[]): boolean =>
    mayEnrol(access, { ...witness, uid, gid, status: { ...status, groups } });
  expect([may(1000, 1, []), may(0, 0, []), may(7, 50, []), may(7, 7, [50])]).toEqual([true, true, true, true]);
  expect([may(7, 7, [51]), mayEnrol({ ownUid: 1000, gid: null }, { ...witness, uid: 7 })]).toEqual([false, false]);
  expect(reasonOf({}, { uid: 7, gid: 7 })).toBe("not_allowed");
});

test("names, tags and verbs have their bounds", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
  expect([reasonOf({ name: "x".repeat(64) }), reasonOf({ name: "\u00e4".repeat(33) }), reasonOf({ name: "" })]).toEqual(
    ["welcome", "malformed", "malformed"],
  );
  expect([reasonOf({ tags: many(16) }), reasonOf({ tags: many(17) })]).toEqual(["welcome", "malformed"]);
  expect([reasonOf({ tags: { "": "v" } }), reasonOf({ tags: { k: "v".repeat(257) } })]).toEqual([
    "malformed",
    "malformed",
  ]);
  const verbs = [["a-b.c_9"], ["Compress"], ["-x"], ["x".repeat(33)], Array.from({ length: 33 }, () => "v"), []];
  expect(verbs.map((list) => reasonOf({ verbs: list }))).toEqual([
    "welcome",
    "malformed",
    "malformed",
    "malformed",
    "malformed",
    "welcome",
  ]);
});

test("who has enough enrolments gets no more, but is told first what else is wrong", () => {
  expect([reasonOf({}, {}, false), reasonOf({ name: "" }, {}, false)]).toEqual(["quota", "malformed"]);
});
