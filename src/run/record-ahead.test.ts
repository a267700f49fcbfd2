import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bootId, toPid } from "../kernel/index.ts";
import type { JobContext } from "./job-report.ts";
import { freshState } from "./job-report.ts";
import { recordAhead } from "./record-ahead.ts";
import { startRecord } from "./recorded-job.ts";
import type { JobRecords } from "./records.ts";
import { readStartRecord } from "./records.ts";

const context: JobContext = {
  jobId: "j",
  mode: "run",
  spec: {
    command: ["make"],
    timeoutMs: null,
    killAfterMs: 10_000,
    lifetime: "detach",
    processGroup: "own",
    strict: false,
    slaEligible: true,
    intent: null,
    tags: {},
  },
  cwd: "/",
  uid: 0,
  keepLimits: false,
  corral: { bootId: "boot", pid: toPid(10), startTicks: 1 },
  startTime: "2026-01-02T03:04:05.678Z",
};

const recordsAt = (path: string | null): JobRecords => ({
  problem: path === null ? "EROFS" : null,
  path,
  update: () => {},
  stands: () => {},
  current: () => (path === null ? null : readStartRecord(path)),
  finish: () => null,
  forget: () => {},
});

const workload = { bootId: bootId(), pid: toPid(4711), startTicks: 99 };

/** What a parent makes of it. */
const filledIn = (parts: readonly string[]): string =>
  [parts[0], workload.pid, parts[1], workload.startTicks, parts[2], 12345, parts[3]].join("");

test("filled in, it is the record of the same job with its process, whatever the command's words are", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '"begun_ns": "0"',
      '\n  "begun_ns": "0"',
      '"pid": 0',
      '\n  "workload": {\n    "pid": 0',
      "\\",
      "\u2028",
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), word, (command, cwd) => {
      const one = { ...context, cwd, spec: { ...context.spec, command, tags: { tag: cwd } } };
      const parts = recordAhead(one, freshState, recordsAt("/nowhere/j.json"))?.parts ?? [];
      expect(JSON.parse(filledIn(parts))).toEqual(startRecord(one, { ...freshState, workload, begunNs: 12345n }));
    }),
  );
});

test("what the parent has put on record can be read, and nothing before", () => {
  const directory = mkdtempSync(join(tmpdir(), "corral-ahead-"));
  const path = join(directory, "j.json");
  const ahead = recordAhead(context, freshState, recordsAt(path));
  expect([ahead?.path, ahead?.read()]).toEqual([path, null]);
  writeFileSync(path, filledIn(ahead?.parts ?? []));
  expect(ahead?.read()).toEqual({ identity: workload, releasedNs: 12345n });
  rmSync(directory, { recursive: true });
});

test("where nothing is recorded there is none", () => {
  expect(recordAhead(context, freshState, recordsAt(null))).toBe(null);
});
