import { inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import type { FleetResults } from "../../results/index.ts";
import { resultColumns, seriesColumns } from "../../results/index.ts";
import type { StoredRun } from "../read-run.ts";
import { planSheets } from "./plan-sheets.ts";
import { sheetsWorkbook } from "./runs-workbook.ts";
import type { Sheet } from "./sheet.ts";
import { columnLetters, rangeOf } from "./sheet.ts";

test("columns are named as spreadsheets name them", () => {
  expect([0, 25, 26, 29, 701, 702].map(columnLetters)).toEqual(["A", "Z", "AA", "AD", "ZZ", "AAA"]);
});

const seconds: Sheet = {
  name: "1 seconds",
  heading: ["elapsed_s", "get_iops"],
  rows: [
    [1, 100.5],
    [2, null],
  ],
  charts: [{ title: "Operations <a> second", along: "elapsed_s", columns: ["get_iops", "nothing"] }],
};

test("a chart names the cells below a heading, and none where nothing is", () => {
  expect(rangeOf(seconds, "get_iops")).toBe("'1 seconds'!$B$2:$B$3");
  expect([rangeOf(seconds, "nothing"), rangeOf({ ...seconds, rows: [] }, "get_iops")]).toEqual([null, null]);
});

const row: FleetResults["rows"][number] = {
  ...{ operation: "GET", size_bucket: "ALL", bucket_idx: 98, avg_bytes: 100, count: 1000 },
  ...{ mean_us: 10, p50_us: 10, p90_us: 20, p95_us: 30, p99_us: 100, max_us: 200 },
  ...{ ops_per_sec: 1000, throughput_mibps: 0 },
};
const results: FleetResults = {
  ...{ schema: "corral.fleet-results/1", run: "r", stage: "workload", stage_number: 1, stage_name: "a:b" },
  ...{ agents: ["a"], partial: false, wall_sec: 10, errors: 0, retries: 0, rows: [row] },
};
const status = { outcome: "completed", why: "", agents: [] } as unknown as StoredRun["status"];

test("every table of a run has a sheet, whose name spreadsheets take", () => {
  const stages = [{ name: "a:b", workload: results, prepare: null, agents: [] }];
  const run: StoredRun = { directory: "d", name: "n", status, stages, series: [], configs: [] };
  const sheets = planSheets([run], null, () => [seriesColumns.map((_, at) => at)]);
  expect(sheets.map(({ name }) => name)).toEqual(["Runs", "1.1 a-b", "1 agents", "1 seconds"]);
  expect(sheets[1]?.rows).toEqual([resultColumns.map((column) => row[column])]);
});

/** The files of an archive, by the headers before each of them. */
function filesIn(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = archive.indexOf("PK\u0001\u0002"); at !== -1; at = archive.indexOf("PK\u0001\u0002", at + 4)) {
    const [packed, nameLength, begin] = [
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
      archive.readUInt32LE(at + 42),
    ];
    const from = begin + 30 + archive.readUInt16LE(begin + 26) + archive.readUInt16LE(begin + 28);
    const bytes = archive.subarray(from, from + packed);
    const isDeflated = archive.readUInt16LE(at + 10) === 8;
    const text = (isDeflated ? inflateRawSync(bytes) : bytes).toString("utf8");
    files.set(archive.subarray(at + 46, at + 46 + nameLength).toString("utf8"), text);
  }
  return files;
}

test("a workbook has numbers as numbers, words as words whatever they begin with, and lines drawn", async () => {
  const words: Sheet = { name: "Words", heading: ["word"], rows: [["=1+1"], ["a\u0001<b>"]], charts: [] };
  const files = filesIn(Buffer.from(await sheetsWorkbook([seconds, words])));
  const [first = "", strings = ""] = [files.get("xl/worksheets/sheet1.xml"), files.get("xl/sharedStrings.xml")];
  expect(first).toContain("<v>100.5</v>");
  expect(strings).toContain("=1+1");
  expect(strings).toContain("a\ufffd&lt;b&gt;");
  expect([...files.values()].some((text) => text.includes("<f>"))).toBe(false);
  const chart = [...files].find(([name]) => name.startsWith("xl/charts/"))?.[1] ?? "";
  expect(chart).toContain("&#39;1 seconds&#39;!$B$2:$B$3");
  expect(chart).toContain("Operations &lt;a&gt; second");
});
