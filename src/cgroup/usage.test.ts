import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GroupDirectory } from "./group.ts";
import { GroupHandle } from "./group.ts";
import type { Controller } from "./hierarchy.ts";
import { parseFlatKeyed, parsePressure, readUsage, sumBlkio, sumIoStat } from "./usage.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-usage-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function directory(
  name: string,
  version: 1 | 2,
  controllers: readonly Controller[],
  files: Readonly<Record<string, string>>,
): GroupDirectory {
  const path = join(root, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  const { dev, ino } = statSync(path);
  return { path, version, controllers, device: dev, inode: ino };
}

const pressureText = (total: number): string =>
  `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n`;

test("on v2 every counter comes from the one directory", () => {
  const group = directory("job", 2, ["cpu", "memory", "io", "pids"], {
    "cpu.stat":
      "usage_usec 300\nuser_usec 200\nsystem_usec 100\nnr_periods 9\nnr_throttled 4\nthrottled_usec 55\nnr_bursts 0\n",
    "memory.peak": "4096\n",
    "memory.swap.peak": "0\n",
    "memory.events": "low 0\nhigh 3\nmax 2\noom 1\noom_kill 1\noom_group_kill 0\n",
    "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n",
    "pids.peak": "5\n",
    "pids.events": "max 7\n",
    "cpu.pressure": pressureText(11),
    "memory.pressure": pressureText(12),
    "io.pressure": pressureText(13),
  });
  expect(readUsage(new GroupHandle([group]))).toEqual({
    cpu_total_us: 300,
    cpu_user_us: 200,
    cpu_sys_us: 100,
    nr_periods: 9,
    nr_throttled: 4,
    throttled_us: 55,
    memory_peak_bytes: 4096,
    swap_peak_bytes: 0,
    oom_kills: 1,
    memory_max_hits: 2,
    memory_high_hits: 3,
    io_read_bytes: 11,
    io_write_bytes: 22,
    pids_peak: 5,
    pids_max_hits: 7,
    psi: {
      cpu: { some_us: 11, full_us: 1 },
      memory: { some_us: 12, full_us: 1 },
      io: { some_us: 13, full_us: 1 },
    },
  });
});

test("on a hybrid host v1 counts what it owns, and the v2 directory time and pressure", () => {
  const directories = [
    directory("cpu", 1, ["cpu"], { "cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_time 55400\n" }),
    directory("memory", 1, ["memory"], {
      "memory.max_usage_in_bytes": "8192\n",
      "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
      "memory.failcnt": "6\n",
    }),
    directory("blkio", 1, ["io"], {
      "blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:16 Read 1\n8:0 Total 31\nTotal 31\n",
    }),
    directory("pids", 1, ["pids"], { "pids.peak": "3\n", "pids.events": "max 1\n" }),
    directory("unified", 2, [], { "cpu.stat": "usage_usec 30\nuser_usec 20\nsystem_usec 10\n" }),
  ];
  expect(readUsage(new GroupHandle(directories))).toEqual({
    cpu_total_us: 30,
    cpu_user_us: 20,
    cpu_sys_us: 10,
    nr_periods: 9,
    nr_throttled: 4,
    throttled_us: 55,
    memory_peak_bytes: 8192,
    swap_peak_bytes: null,
    oom_kills: 2,
    memory_max_hits: 6,
    memory_high_hits: null,
    io_read_bytes: 11,
    io_write_bytes: 20,
    pids_peak: 3,
    pids_max_hits: 1,
    psi: { cpu: null, memory: null, io: null },
  });
});

test("a group without directories counts nothing, and nothing is 0", () => {
  const { psi, ...counters } = readUsage(new GroupHandle([]));
  expect(Object.values(counters).filter((value) => value !== null)).toEqual([]);
  expect(psi).toEqual({ cpu: null, memory: null, io: null });
});

test("pressure without a full line has no full total, and without PSI there is none at all", () => {
  expect(parsePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n")).toEqual({ some_us: 5, full_us: null });
  expect(parsePressure("")).toBeNull();
  expect(parsePressure(null)).toBeNull();
});

test("lines that are no key and number are passed over", () => {
  expect([...parseFlatKeyed("a 1\nb max\n\nc\nd 2 3\ne -1\n")]).toEqual([
    ["a", 1],
    ["d", 2],
  ]);
});

test("no text makes a counter parser throw", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseFlatKeyed(text);
      parsePressure(text);
      expect([sumIoStat(text, "rbytes"), sumBlkio(text, "Read")].every((sum) => sum !== null && sum >= 0)).toBe(true);
    }),
  );
});
