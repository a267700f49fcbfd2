import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { toPid } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Attempt } from "../model/index.ts";
import type { RecordsOptions, RunEnd } from "./index.ts";
import { headers, openRecords } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-records-"));
afterAll(() => rmSync(directory, { recursive: true }));

const run = { runId: "r1", bootId: "b", host: "h", corralVersion: "1.2.3", startedWallMs: 1_800_000_000_000 };
const end: RunEnd = { reason: "SIGINT", endedWallMs: 1_800_000_010_000, lostEvents: 0 };

const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  runId: "r1",
  attemptId: "r1-1",
  tryNumber: 1,
  rule: "classic",
  action: "message",
  process: {
    identity: { bootId: "b", pid: toPid(4711), startTicks: 99 },
    generation: 2,
    comm: 'a,b"c\nd',
    exe: "/usr/bin/node",
    uid: 1000,
    cgroup: "/x",
    ppid: 1,
    lineageRootPid: 4000,
    execNs: 1_000_000_000n,
    exitNs: null,
    exitCode: null,
    exitSignal: null,
    enrolled: true,
    workloadName: "anon_streamer",
    arena: { useMemArena: true, capMb: 256, minSavingsPercent: 5, regionMb: 512 },
  },
  deadlineNs: 11_000_000_000n,
  outcome: "applied",
  reason: "done",
  degraded: false,
  result: {
    outcome: "applied",
    reason: "done",
    errno: null,
    before: { atNs: 1n, pssBytes: 100, rssBytes: 120, swapBytes: 0, groupCurrentBytes: null, groupSwapBytes: null },
    after: { atNs: 2n, pssBytes: 40, rssBytes: 60, swapBytes: 0, groupCurrentBytes: null, groupSwapBytes: null },
    affected: null,
    amountBytes: null,
    stats: null,
    phases: { receivedNs: 11_000_100_000n, safePointNs: null, startNs: null, endNs: null },
    startedNs: 11_000_050_000n,
    requestedNs: 11_000_060_000n,
    acknowledgedNs: 11_250_060_000n,
    finishedNs: 11_300_000_000n,
  },
  stats: {
    ...{ triggerCount: 1n, totalInputBytesAttempted: 2n, chunksAdmitted: 3n, logicalInputBytes: 4n },
    ...{ compressedBytesLive: 5n, poolBytesLive: 6n, poolBytesFree: 7n, poolCompactions: 8n, compressOps: 9n },
    ...{ decompressOps: 10n, evictionsLru: 11n, incompressibleChunks: 2n ** 64n - 1n },
  },
  wallTimeMs: 1_800_000_005_000,
  ...changes,
});

const options = (changes: Partial<RecordsOptions>): RecordsOptions => ({
  run,
  csvPath: null,
  jsonlPath: null,
  rotateBytes: null,
  onError: (error) => {
    throw error;
  },
  ...changes,
});

const classic = [
  '4711,2,"a,b""c\nd",anon_streamer,1,1,1000000000,11000000000,0,1,4000,1,1,0,0,11000060000,11250060000,250.000',
  "1,256,5,512,2,3,4,5,6,7,8,9,10,11,9007199254740991",
].join(",");
const added = [
  "corral.policy-attempt/1,r1,b,h,1.2.3,2027-01-15T08:00:05.000Z,r1-1,1,classic,message,applied,done,,0,1000",
  "/usr/bin/node,/x,99,,,50,11000050000,11300000000,11000100000,,,,100,40,120,60,0,0,,,,,60,pss,,,,1",
].join(",");

test("a CSV file has the original columns first, quoted as RFC 4180 says, then ours", async () => {
  const csvPath = join(directory, "whole.csv");
  const records = openRecords(options({ csvPath }));
  records.write(attempt());
  await records.close(end);
  expect(readFileSync(csvPath, "utf8")).toBe(`${headers.superset}\n${classic},${added}\n`);
});

test("the end of a CSV file stands beside it, with its size and what the run came to", async () => {
  const csvPath = join(directory, "ended.csv");
  const records = openRecords(options({ csvPath }));
  records.write(attempt());
  records.write(attempt({ outcome: "not_enrolled", result: null, stats: null }));
  const summary = await records.close(end);
  const bytes = readFileSync(csvPath).length;
  const sidecar = JSON.parse(readFileSync(`${csvPath}.summary.json`, "utf8")) as object;
  expect(sidecar).toEqual({ ...summary, file: { name: "ended.csv", records: 2, bytes, last: true } });
  expect(summary).toMatchObject({ attempts: 2, acknowledged: 1, saved_bytes: 60, lost_events: 0, dropped_records: 0 });
  expect([summary.outcomes.applied, summary.outcomes.not_enrolled, summary.outcomes.timeout]).toEqual([1, 1, 0]);
  expect([summary.ack_latency.count, summary.lateness.count]).toEqual([1, 1]);
});

test("a JSONL file ends with its summary", async () => {
  const jsonlPath = join(directory, "f.jsonl");
  const records = openRecords(options({ jsonlPath }));
  records.write(attempt());
  await records.close(end);
  const lines = readFileSync(jsonlPath, "utf8").trimEnd().split("\n");
  const schemas = lines.map((line) => (JSON.parse(line) as { schema: string }).schema);
  expect(schemas).toEqual(["corral.policy-attempt/1", "corral.policy-summary/1"]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    comm: 'a,b"c\nd',
    exec_event_ns: "1000000000",
    exit_event_ns: null,
  });
});

test("a refusal is no acknowledgement", async () => {
  const jsonlPath = join(directory, "refused.jsonl");
  const records = openRecords(options({ jsonlPath }));
  const { result } = attempt();
  records.write(attempt({ outcome: "nacked", result: result === null ? null : { ...result, outcome: "nacked" } }));
  await records.close(end);
  expect(JSON.parse(readFileSync(jsonlPath, "utf8").split("\n")[0] ?? "")).toMatchObject({
    ...{ compress_sent: true, compress_ack: false, compress_ack_ns: null, compress_latency_ms: null },
  });
});

test("records of an earlier run are moved to the first free number, with their end", async () => {
  const csvPath = join(directory, "again.csv");
  for (const _ of [1, 2, 3]) {
    const records = openRecords(options({ csvPath }));
    records.write(attempt());
    await records.close(end);
  }
  expect(readdirSync(directory).filter((name) => name.startsWith("again"))).toEqual([
    "again.csv",
    "again.csv.1",
    "again.csv.1.summary.json",
    "again.csv.2",
    "again.csv.2.summary.json",
    "again.csv.summary.json",
  ]);
});

test("a file that holds something else is refused and left alone, and so is the other one", () => {
  const csvPath = join(directory, "earlier.csv");
  const jsonlPath = join(directory, "notes.txt");
  writeFileSync(csvPath, `${headers.original}\n`);
  writeFileSync(jsonlPath, "my notes\n");
  expect(() => openRecords(options({ csvPath, jsonlPath }))).toThrow(CorralError);
  expect([readFileSync(csvPath, "utf8"), readFileSync(jsonlPath, "utf8")]).toEqual([
    `${headers.original}\n`,
    "my notes\n",
  ]);
  expect(readdirSync(directory).filter((name) => name.startsWith("earlier") || name.startsWith("notes"))).toHaveLength(
    2,
  );
});

test("a file that has grown to its limit is ended, and the run goes on in a new one without loss", async () => {
  const csvPath = join(directory, "grow.csv");
  const files = (): string[] => readdirSync(directory).filter((name) => /^grow\.csv(\.\d+)?$/.test(name));
  const text = (): string =>
    files()
      .map((name) => readFileSync(join(directory, name), "utf8"))
      .join("");
  const records = openRecords(options({ csvPath, rotateBytes: 4000 }));
  for (let count = 0; count < 40; count += 1) {
    records.write(attempt({ attemptId: `r1-${count}.` }));
    // What waits for a busy thread is written together, into one file.
    await vi.waitFor(() => expect(text()).toContain(`r1-${count}.`), { timeout: 20_000, interval: 1 });
  }
  await records.close(end);
  const names = files();
  const ends = names.map((name) => JSON.parse(readFileSync(join(directory, `${name}.summary.json`), "utf8")));
  expect(new Set(text().match(/\br1-\d+\b/g))).toHaveLength(40);
  expect(names.length).toBeGreaterThan(4);
  expect(ends.filter(({ file }) => file.last)).toHaveLength(1);
  expect(ends.reduce((sum, { file }) => sum + file.records, 0)).toBe(40);
});

test("a full disk is told once, and what could not be written is counted", async () => {
  const errors: string[] = [];
  const records = openRecords(options({ csvPath: "/dev/full", onError: (error) => errors.push(error.message) }));
  for (let count = 0; count < 3; count += 1) {
    records.write(attempt());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await records.close(end)).dropped_records).toBe(3);
  expect(errors).toEqual(['cannot write records to "/dev/full": ENOSPC']);
});
