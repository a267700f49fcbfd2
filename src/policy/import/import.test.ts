import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { AttemptRecord, CellKind } from "../records/index.ts";
import { columns, headers, openRecordFiles } from "../records/index.ts";
import { importRecords } from "./index.ts";
import { splitOriginalRow } from "./original-row.ts";
import { readRecordFile } from "./read-record-file.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-import-"));
afterAll(() => rmSync(directory, { recursive: true }));
let made = 0;
const fresh = (text: string): string => {
  made += 1;
  const path = join(directory, `${made}.csv`);
  writeFileSync(path, text);
  return path;
};

async function read(path: string) {
  const records: AttemptRecord[] = [];
  const file = await readRecordFile(path, (record) => void records.push(record));
  return { records, file };
}

/** A row of 33 columns with some of its cells; the other numbers are 0. */
function row33(comm: string, workload: string, cells: Readonly<Record<string, string>> = {}): string {
  const names = headers.original.split(",");
  return names
    .map((name) => ({ pid: "7", generation: "1", comm, workload_name: workload, ...cells })[name] ?? "0")
    .join(",");
}
const row30 = (comm: string, workload: string): string => ["9", "1", comm, workload, ...Array(26).fill("0")].join(",");
const original = (...rows: string[]): string => `${[headers.original, ...rows].join("\n")}\n`;

const acked = {
  ...{ enrolled: "1", use_mem_arena: "1", exec_event_ns: "5000000000", deadline_ns: "15000000000" },
  ...{ exit_event_ns: "25000000000", parent_pid_last_seen: "3", lineage_root_pid: "3", compress_sent: "1" },
  ...{ compress_ack: "1", exited: "1", compress_request_ns: "15000021000", compress_ack_ns: "15143021000" },
  ...{ compress_latency_ms: "143.000", trigger_count: "1", arena_cap_mb: "256", arena_min_savings_pct: "5" },
  ...{ region_mb: "512", chunks_admitted: "131072", compressed_bytes_live: "3400000" },
};

test("a file of the original with 33 columns becomes records with outcomes", async () => {
  const missed = { exec_event_ns: "1", deadline_ns: "2", missed_due_to_no_enroll: "1" };
  const { records, file } = await read(
    fresh(
      original(
        row33("anon_streamer", "anon_streamer", acked),
        row33("sleep", "", missed),
        row33("late", "w", { ...missed, enrolled: "1" }),
        row33("true", "", { exec_event_ns: "5", deadline_ns: "20", exit_event_ns: "9", exited: "1" }),
        row33("forked", ""),
        row33("unanswered", "w", { exec_event_ns: "5", deadline_ns: "20", compress_sent: "1", enrolled: "1" }),
      ),
    ),
  );
  expect(file).toMatchObject({ format: "original", records: 6, recovered: 0, problem: null });
  expect(records.map(({ comm, outcome }) => [comm, outcome])).toEqual([
    ["anon_streamer", "applied"],
    ["sleep", "not_enrolled"],
    ["late", "enroll_late"],
    ["true", "exited_before"],
    ["forked", null],
    ["unanswered", "timeout"],
  ]);
  expect(records[0]).toMatchObject({
    lateness_us: 21,
    compress_latency_ms: 143,
    chunks_admitted: 131_072,
    arena_cap_mb: 256,
  });
  expect(records[1]).toMatchObject({
    chunks_admitted: null,
    arena_cap_mb: null,
    exit_event_ns: null,
    exec_event_ns: "1",
  });
});

test("a file of the original with 30 columns is read, and what it lacks is not known", async () => {
  const { records, file } = await read(fresh(`${headers.oldest}\n${row30("bash", "")}\n`));
  expect(file).toMatchObject({ format: "oldest", records: 1, problem: null });
  expect(records[0]).toMatchObject({ pid: 9, comm: "bash", lineage_root_pid: null, exit_event_ns: null });
});

test("names that the original did not quote are put together again", async () => {
  const { records, file } = await read(
    fresh(
      original(row33("a,b", "w"), row33(",,", ""), row33('q"x', ""), row33("two\nlines", "w"), row33("C:\\x41", "")),
    ),
  );
  expect(records.map(({ comm, workload_name }) => [comm, workload_name])).toEqual([
    ["a,b", "w"],
    [",,", ""],
    ['q"x', ""],
    ["two\nlines", "w"],
    ["C:\\x5cx41", ""],
  ]);
  expect(file).toMatchObject({ recovered: 3, problem: null });
});

test("the comma that parts two names leaves at most 15 bytes for the first", () => {
  const cells = (line: string) => splitOriginalRow(line, 33)?.cells.slice(2, 4);
  expect(cells(row33("short", "x,y"))).toEqual(["short,x", "y"]);
  expect(cells(row33("fifteen-letters", "x,y"))).toEqual(["fifteen-letters", "x,y"]);
  expect(splitOriginalRow(row33("sixteen--letters", "x"), 33)).toBe(null);
});

const whole = row33("bash", "");
test.each([
  ["a record that is cut", `${original(whole)}7,1,ba`, "line 3: is cut off", 1],
  ["a last line without its newline", original(whole, whole).trimEnd(), "line 3: is cut off", 1],
  [
    "a line of other things",
    original(whole, "hello", whole),
    "line 3: is no record; it has 1 cells, and a record has 33",
    1,
  ],
  [
    "a flag that is none",
    original(row33("b", "", { enrolled: "2" })),
    'line 2: column enrolled is to be 0 or 1, not "2"',
    0,
  ],
])("%s is told with its line", async (_, text, problem, records) => {
  expect((await read(fresh(text))).file).toMatchObject({ problem, records });
});

test.each([
  ["an empty file", "", "line 1: is empty"],
  ["a file of other things", "hello\n", "line 1: is neither a header of records nor a record in JSON"],
])("%s is no file of records", async (_, text, problem) => {
  const path = fresh(text);
  await expect(read(path)).rejects.toThrow(`"${path}" ${problem}`);
});

/** A name without the halves of pairs that no text of records has. */
const name = fc.oneof(
  fc
    .string({ unit: "binary", maxLength: 20 })
    .map((text) => text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")),
  fc.constantFrom("a,b", 'say "hi"', "two\nlines", "\r\n", '"', '""', "größe", "\ud83d\ude80", ",", "=1+1", " x "),
);
const nsText = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const kinds: Readonly<Record<CellKind, fc.Arbitrary<unknown>>> = {
  text: name,
  textOrNull: orNull(name.filter((text) => text !== "")),
  flag: fc.boolean(),
  count: fc.nat(),
  countOrNull: orNull(fc.nat()),
  signedOrNull: orNull(fc.integer()),
  countOrZero: orNull(positive),
  nsOrNull: orNull(nsText),
  nsOrZero: orNull(nsText),
  msOrZero: orNull(fc.integer({ min: 1, max: 1e9 }).map((us) => us / 1000)),
  statistic: fc.nat(),
};
const anyRecord = fc.record(Object.fromEntries(columns.map((one) => [one.name, kinds[one.kind]]))).map((record) => {
  const silent = record["stats_reported"] === true ? [] : columns.filter(({ kind }) => kind === "statistic");
  const nothing = Object.fromEntries(silent.map((one) => [one.name, null]));
  return { ...record, ...nothing, outcome: "applied", schema: "corral.policy-attempt/1" } as unknown as AttemptRecord;
});

const run = { runId: "r", bootId: null, host: null, corralVersion: null, startedWallMs: 0 };
const end = { reason: "end", endedWallMs: 0, lostEvents: null };

test("every record is read again as it was written, from CSV and from JSON, whatever the names", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { maxLength: 4 }), async (records) => {
      made += 1;
      const [csvPath, jsonlPath] = [join(directory, `${made}.csv`), join(directory, `${made}.jsonl`)];
      const fail = (error: Error): never => {
        throw error;
      };
      const files = openRecordFiles({ run, csvPath, jsonlPath, rotateBytes: null, onError: fail });
      for (const record of records) files.add(record);
      await files.close(end);
      for (const path of [csvPath, jsonlPath]) {
        const found = await read(path);
        expect(found.file.problem).toBe(null);
        expect(found.records).toEqual(records);
      }
    }),
    { numRuns: 60 },
  );
});

test("a file of ours that was cut anywhere is told, whether a record was cut or not", async () => {
  const csvPath = join(directory, "cut.csv");
  const jsonlPath = join(directory, "cut.jsonl");
  await importRecords({
    ...{ partial: false, corralVersion: "1" },
    paths: [fresh(original(whole, whole, whole))],
    csvPath,
    jsonlPath,
  });
  for (const path of [csvPath, jsonlPath]) {
    const text = readFileSync(path, "utf8");
    expect((await read(path)).file).toMatchObject({ records: 3, problem: null });
    const header = text.indexOf("\n") + 1;
    for (let length = path === csvPath ? header : 1000; length < text.length; length += 61) {
      writeFileSync(path, text.slice(0, length));
      expect((await read(path)).file.problem).not.toBe(null);
    }
  }
});

test("nothing is written of a file that is not whole, unless it is asked for", async () => {
  const csvPath = join(directory, "out.csv");
  const options = { paths: [fresh(`${original(whole)}7,1,ba`)], csvPath, jsonlPath: null, corralVersion: "1" };
  await expect(importRecords({ ...options, partial: false })).rejects.toThrow(/line 3: is cut off$/);
  expect(() => readFileSync(csvPath)).toThrow();
  expect(await importRecords({ ...options, partial: true })).toMatchObject({
    summary: { attempts: 0, no_attempts: 1 },
  });
  expect((await read(csvPath)).records).toHaveLength(1);
});
