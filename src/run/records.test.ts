import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDurableFile, replaceDurableFile, replaceFile } from "../kernel/files/index.ts";
import { identityOf, isRunning, toPid } from "../kernel/index.ts";
import type { RunReport } from "../report/index.ts";
import { collectGarbage } from "./gc.ts";
import { jobIsLive } from "./job-life.ts";
import { claimJob, listStartRecords, readStartRecord, resultPath } from "./records.ts";
import type { StartRecord } from "./start-record.ts";
import type { StateDirectories } from "./state-dir.ts";
import { jobsDirectory, stateDirectories } from "./state-dir.ts";

let root = "";
let directories: StateDirectories = { runtime: "", results: "" };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-records-"));
  directories = { runtime: join(root, "run"), results: join(root, "state", "results") };
});
afterEach(() => rmSync(root, { recursive: true }));

const gone = { bootId: "an-earlier-boot", pid: toPid(1), startTicks: 1 };

const record = (part: Partial<StartRecord> = {}): StartRecord => ({
  schema: "corral.start/1",
  job_id: "j",
  mode: "run",
  corral: gone,
  workload: null,
  argv: ["make"],
  cwd: "/src",
  uid: 0,
  start_time: "2026-01-02T03:04:05.678Z",
  begun_ns: null,
  lifetime: "detach",
  process_group: "own",
  timeout_sec: null,
  kill_after_sec: 10,
  strict: false,
  intent: null,
  sla_eligible: false,
  scope: "none",
  tags: {},
  planned_groups: [],
  groups: [],
  constraints: [],
  keep_limits: false,
  adopted: [],
  groups_since: null,
  memory_elsewhere_bytes: null,
  left: null,
  stop_time: null,
  warnings: [],
  ...part,
});

const never = (): boolean => false;
const startPath = (): string => join(jobsDirectory(directories), "j.json");
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("claiming a job writes its record, private to Corral's users", () => {
  const umask = process.umask();
  claimJob(directories, record(), never);
  expect(readStartRecord(startPath())).toEqual(record());
  expect([modeOf(startPath()), modeOf(jobsDirectory(directories))]).toEqual([
    (0o640 & ~umask).toString(8),
    (0o750 & ~umask).toString(8),
  ]);
});

test("an id whose job lives is refused, and its record is left alone", () => {
  claimJob(directories, record({ cwd: "/first" }), never);
  expect(() => claimJob(directories, record(), () => true)).toThrow(
    expect.objectContaining({
      code: "JOB_EXISTS",
      message: 'a job with the id "j" is already running',
      fix: "wait for it, or choose another --job-id",
    }),
  );
  expect(readStartRecord(startPath())?.cwd).toBe("/first");
});

test("an id whose job is over is taken over", () => {
  claimJob(directories, record({ cwd: "/first" }), never);
  claimJob(directories, record({ cwd: "/second" }), never);
  expect(readStartRecord(startPath())?.cwd).toBe("/second");
});

test("a record that was cut short does not keep its id for ever", () => {
  mkdirSync(jobsDirectory(directories), { recursive: true });
  writeFileSync(startPath(), '{"schema":"corral.st');
  claimJob(directories, record(), () => true);
  expect(readStartRecord(startPath())).toEqual(record());
});

test("a record changes as a whole and is forgotten at the end", () => {
  const records = claimJob(directories, record(), never);
  records.update(record({ workload: gone }));
  expect(readStartRecord(startPath())).toEqual(record({ workload: gone }));
  records.forget();
  records.forget();
  expect(readdirSync(jobsDirectory(directories))).toEqual([]);
});

const report = { schema: "corral.report/1", job_id: "j", start_time: "2026-01-02T03:04:05.678Z" } as RunReport;

test("a result is one file per run, and is never changed", () => {
  const records = claimJob(directories, record(), never);
  records.finish(report);
  const path = resultPath(directories, "j", report.start_time);
  expect(path).toBe(join(directories.results, "j~2026-01-02T030405.678Z.json"));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(report);
  expect(records.finish({ ...report, cwd: "/other" })).toBe(`cannot write the result to ${path}: EEXIST`);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(report);
});

test("a state directory that cannot be used is a problem to tell, not an error", () => {
  writeFileSync(join(root, "run"), "a file in the way");
  const records = claimJob(directories, record(), never);
  records.update(record());
  records.finish(report);
  records.forget();
  expect(records.problem).toBe(`ENOTDIR in ${join(root, "run", "jobs")}`);
  expect(existsSync(directories.results)).toBe(false);
});

test("listing passes over what is no record, and a missing directory holds none", () => {
  expect(listStartRecords(directories)).toEqual([]);
  claimJob(directories, record(), never);
  writeFileSync(join(jobsDirectory(directories), "other.json"), '{"schema":"corral.start/2"}');
  writeFileSync(join(jobsDirectory(directories), "j.json.7.tmp"), "half");
  expect(listStartRecords(directories)).toEqual([{ path: startPath(), record: record() }]);
});

test("a job lives while its Corral or its leader runs, by boot, pid and start time", () => {
  const me = identityOf(process.pid);
  if (me === null) throw new Error("this process is not in /proc");
  const impostor = { ...me, startTicks: me.startTicks - 1 };
  expect([me, gone, impostor].map(isRunning)).toEqual([true, false, false]);
  expect(jobIsLive(record({ corral: me }))).toBe(true);
  expect(jobIsLive(record({ workload: me }))).toBe(true);
  expect(jobIsLive(record({ corral: impostor, workload: impostor }))).toBe(false);
});

test("clearing up removes empty groups of dead jobs, only by inode, and forgets those jobs", () => {
  const group = (name: string, inodeOffset = 0) => {
    const path = join(root, name);
    mkdirSync(path);
    const { dev, ino } = statSync(path);
    return { path, version: 1, controllers: [], device: dev, inode: ino + inodeOffset } as const;
  };
  const groups = { mine: group("mine"), replaced: group("replaced", 1), live: group("live"), full: group("full") };
  mkdirSync(join(groups.full.path, "child"));
  const me = identityOf(process.pid) ?? gone;
  for (const [job_id, one] of Object.entries(groups)) {
    claimJob(directories, record({ job_id, groups: [one], corral: job_id === "live" ? me : gone }), never);
  }
  expect(
    collectGarbage(directories)
      .map(({ jobId, cleared }) => `${jobId} ${cleared}`)
      .sort(),
  ).toEqual(["full false", "mine true", "replaced true"]);
  const left = Object.values(groups).filter(({ path }) => existsSync(path));
  expect(left.map(({ path }) => path)).toEqual([groups.replaced.path, groups.live.path, groups.full.path]);
  const kept = listStartRecords(directories).map((one) => one.record.job_id);
  expect(kept.sort()).toEqual(["full", "live"]);
});

test("a file is replaced or created in one step, and no temporary is left", () => {
  const path = join(root, "file");
  createDurableFile(path, "one");
  expect(() => createDurableFile(path, "two")).toThrow(expect.objectContaining({ code: "EEXIST" }));
  expect(readFileSync(path, "utf8")).toBe("one");
  replaceFile(path, "three");
  expect(readFileSync(path, "utf8")).toBe("three");
  replaceDurableFile(path, "vier €");
  expect(readFileSync(path, "utf8")).toBe("vier €");
  expect(readdirSync(root)).toEqual(["file"]);
});

/** [environment, uid, runtime directory, results directory] */
test.each<[Record<string, string>, number, string, string]>([
  [{}, 0, "/run/corral", "/var/lib/corral/results"],
  [{ HOME: "/root", XDG_RUNTIME_DIR: "/run/user/0" }, 0, "/run/corral", "/var/lib/corral/results"],
  [{ CORRAL_STATE_DIR: "/srv/c" }, 0, "/srv/c/run", "/srv/c/results"],
  [{ CORRAL_STATE_DIR: "/srv/c" }, 7, "/srv/c/run", "/srv/c/results"],
  [{ CORRAL_STATE_DIR: "" }, 0, "/run/corral", "/var/lib/corral/results"],
  [{ HOME: "/home/u", XDG_RUNTIME_DIR: "/run/user/7" }, 7, "/run/user/7/corral", "/home/u/.local/state/corral/results"],
  [{ HOME: "/home/u" }, 7, "/home/u/.local/state/corral/run/corral", "/home/u/.local/state/corral/results"],
  [{ HOME: "/home/u", XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "" }, 7, "/s/corral/run/corral", "/s/corral/results"],
  // Relative ones are to be ignored (XDG base directory specification).
  [
    { XDG_STATE_HOME: "s", XDG_RUNTIME_DIR: "./r" },
    7,
    "/home/passwd/.local/state/corral/run/corral",
    "/home/passwd/.local/state/corral/results",
  ],
  [
    { XDG_STATE_HOME: "" },
    7,
    "/home/passwd/.local/state/corral/run/corral",
    "/home/passwd/.local/state/corral/results",
  ],
])("with %j and uid %i records go to %s and results to %s", (env, uid, runtime, results) => {
  expect(stateDirectories(env, uid, "/home/passwd")).toEqual({ runtime, results });
});

test("a state directory that would be another one wherever Corral is called is refused", () => {
  expect(() => stateDirectories({ CORRAL_STATE_DIR: "./st\nate" }, 0)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: 'CORRAL_STATE_DIR must be an absolute path, not "./st\\nate"',
      fix: "begin it with /",
    }),
  );
});
