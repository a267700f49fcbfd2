import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endedIds, findJob, matchJob, recordedIds, requireJob } from "./find-job.ts";

const found = (jobId: string) => ({ kind: "found", jobId });
const ambiguous = (...candidates: string[]) => ({ kind: "ambiguous", candidates });
const none = { kind: "none" };

test.each([
  ["the whole id", "make-1", ["make-1", "make-2"], [], found("make-1")],
  ["the whole id of one that begins others", "make", ["make-1"], ["make"], found("make")],
  ["a beginning that fits one live job", "ma", ["make-1", "cc-1"], [], found("make-1")],
  ["a beginning that fits one live job and many ended ones", "make", ["make-9"], ["make-1", "make-2"], found("make-9")],
  ["a beginning that fits several live jobs", "make", ["make-2", "make-1"], ["make-3"], ambiguous("make-1", "make-2")],
  ["a beginning that fits one ended job, used twice", "make", ["cc-1"], ["make-1", "make-1"], found("make-1")],
  ["a beginning that fits several ended jobs", "make", [], ["make-1", "make-2"], ambiguous("make-1", "make-2")],
  ["what nothing begins with", "x", ["make-1"], ["make-2"], none],
  ["an empty text", "", ["make-1"], [], none],
  ["something longer than any id", "make-12", ["make-1"], [], none],
])("%s names what it should", (_, text, live, ended, match) => {
  expect(matchJob(text, live, ended)).toEqual(match);
});

let root = "";
const directories = () => ({ runtime: join(root, "run"), results: join(root, "results") });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-find-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "");
  }
}

test("without state directories there are no jobs", () => {
  expect([recordedIds(directories()), endedIds(directories())]).toEqual([[], []]);
});

test("ids come from the names of records and results, and of nothing else", () => {
  put("run/jobs/a.json", "run/jobs/a.lock", "run/jobs/b.json.12.x.tmp");
  put("results/c@1.service~2026-01-02T030405.678Z.json", "results/notes.txt", "results/~x.json");
  expect([recordedIds(directories()), endedIds(directories())]).toEqual([["a"], ["c@1.service"]]);
});

test("an unknown job is an error with the way to find jobs", () => {
  expect(() => findJob(directories(), "x\n")).toThrow(
    expect.objectContaining({ code: "JOB_NOT_FOUND", message: 'there is no job "x\\n"' }),
  );
});

test("a beginning of several ids is an error that lists them, eight at most", () => {
  put(...Array.from({ length: 10 }, (_, index) => `run/jobs/make-${index}.json`));
  expect(() => findJob(directories(), "make")).toThrow(
    expect.objectContaining({
      code: "JOB_NOT_FOUND",
      message:
        'several jobs begin with "make": make-0, make-1, make-2, make-3, make-4, make-5, make-6, make-7 and 2 more',
    }),
  );
});

test("a program names a job by its whole id, live or ended, and never by a beginning", () => {
  put("run/jobs/nightly.json", "results/evening~2026-01-02T030405.678Z.json");
  expect(["nightly", "evening"].map((id) => requireJob(directories(), id))).toEqual(["nightly", "evening"]);
  for (const beginning of ["night", "even"]) {
    expect(() => requireJob(directories(), beginning)).toThrow(
      expect.objectContaining({ code: "JOB_NOT_FOUND", message: `there is no job "${beginning}"` }),
    );
  }
});
