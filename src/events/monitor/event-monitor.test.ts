import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exec, exit, fork, open, readline, running } from "../../../test/shared/made-events.ts";
import type { FeedItem, FeedOrigin } from "../feed-item.ts";
import { decodeFeedItem, encodeFeedItem } from "../recording/index.ts";
import type { RunningProcess } from "../tree/index.ts";
import type { MonitorLine, MonitorOptions } from "./index.ts";
import { EventMonitor } from "./index.ts";

const origin: FeedOrigin = {
  source: "bpf",
  pollIntervalMs: null,
  refused: [],
  unmet: [],
  opens: true,
  readline: true,
  cgroup: null,
  host: "here",
  bootId: "b00t",
  startNs: 10_000_000_000n,
  startTime: "2026-11-28T15:00:00.000Z",
  startTicks: 1000,
};

const everything: MonitorOptions = {
  mode: 1,
  select: null,
  uids: [],
  exes: [],
  cgroup: null,
  minDurationNs: 0n,
  forks: false,
  opens: false,
  readline: false,
  openWindowNs: 60_000_000_000n,
  tracesPerSec: 30,
};

const ran = (process: RunningProcess): FeedItem => ({ kind: "running", timestampNs: 0n, ...process });
const init = ran(running(1, 1, 0, "init"));

function linesOf(items: readonly FeedItem[], options: Partial<MonitorOptions> = {}, endNs = 0n): MonitorLine[] {
  const lines: MonitorLine[] = [];
  const monitor = new EventMonitor({ ...everything, ...options }, origin, (line) => lines.push(line));
  for (const item of items) monitor.take(item);
  monitor.finish(endNs);
  return lines;
}

/** Lines in short: event, pid, and what else matters. */
const short = (lines: readonly MonitorLine[]): string[] =>
  lines.map((line) => {
    const pid = "pid" in line ? line.pid : "-";
    if (line.event === "FILE_OPEN") return `OPEN ${pid} ${line.filepath} x${line.count}`;
    return `${line.event} ${pid}`;
  });

const follow = (...comms: string[]): Partial<MonitorOptions> => ({ mode: 2, select: { comms, pids: [] } });

test("P1: the whole command line is told, argument by argument", () => {
  const argv = ["python3", "-c", "print('a b')\n", ""];
  const [line] = linesOf([init, { ...exec(10, 100, 1, 1, "python3"), argv }]);
  expect(line).toMatchObject({
    event: "EXEC",
    full_command: "python3 -c print('a b')\n ",
    argv,
    argv_truncated: false,
  });
});

test("P3: the end of one followed process does not hide another, however many there are", () => {
  const pids = Array.from({ length: 5000 }, (_, index) => index + 10);
  const items = [
    init,
    exec(2, 2, 1, 0, "root"),
    ...pids.map((pid) => fork(pid, pid, 2, pid)),
    ...pids.filter((pid) => pid % 2 === 0).map((pid) => exit(pid, pid, 2, 10_000)),
    ...pids.filter((pid) => pid % 2 === 1).map((pid) => exec(pid, pid, 2, 20_000)),
  ];
  const told = linesOf(items, follow("root"));
  expect([told.length, told.filter(({ event }) => event === "EXEC").length]).toEqual([5001, 2501]);
});

test("P4: what descends from a followed process is told through forks without exec and daemons that left", () => {
  const items = [
    init,
    exec(10, 100, 1, 1, "root"),
    fork(11, 101, 10, 2),
    fork(12, 102, 11, 3),
    exit(11, 101, 10, 4),
    // Its parent is process 1 by now.
    exec(12, 102, 1, 5, "daemon"),
    exit(10, 100, 1, 6),
    fork(13, 103, 12, 7),
    exit(13, 103, 12, 8),
    exec(20, 200, 1, 9, "other"),
  ];
  expect(short(linesOf(items, follow("root")))).toEqual(["EXEC 10", "EXIT 11", "EXEC 12", "EXIT 10", "EXIT 13"]);
});

test("P5: a signal is told as such, with the core dump, and is no exit code", () => {
  const killed = { ...exit(10, 100, 1, 9), status: 139, code: null, signal: 11, coreDumped: true };
  const [, line] = linesOf([init, exec(10, 100, 1, 1), killed]);
  expect(line).toMatchObject({ event: "EXIT", exit_code: null, exit_signal: "SIGSEGV", core_dumped: true });
});

test("P7: what was lost is a line with its causes, and is in the counts", () => {
  const lost = { kernelBuffer: 3, neverSent: 1, queue: 2, traces: 4 };
  const lines: MonitorLine[] = [];
  const monitor = new EventMonitor(everything, origin, (line) => lines.push(line));
  monitor.take({ kind: "loss", timestampNs: 7n, lost });
  expect(lines).toEqual([
    { timestamp: 7n, event: "LOST", count: 10, kernel_buffer: 3, never_sent: 1, queue: 2, traces: 4 },
  ]);
  expect(monitor.counts().lost).toBe(10);
});

test("P9: a name fits as a whole, a pattern as it says, and no more than the kernel keeps of a name counts", () => {
  const items = [
    init,
    ...["python", "python3", "chromium-browse"].map((comm, at) => exec(10 + at, 100 + at, 1, at, comm)),
  ];
  const told = (...comms: string[]): string[] => short(linesOf(items, follow(...comms)));
  expect(told("python")).toEqual(["EXEC 10"]);
  expect(told("python*")).toEqual(["EXEC 10", "EXEC 11"]);
  expect(told("chromium-browser", "python3")).toEqual(["EXEC 11", "EXEC 12"]);
});

test("P11: counts of opened files are told before the end of their process", () => {
  const items = [init, exec(10, 100, 1, 1), ...[2, 3, 4].map((at) => open(10, 100, at, "/a")), exit(10, 100, 1, 5)];
  const told = linesOf(items, { opens: true });
  expect(short(told)).toEqual(["EXEC 10", "OPEN 10 /a x1", "OPEN 10 /a x3", "EXIT 10"]);
  expect(told[2]).toMatchObject({ reason: "process_exit" });
});

test("mode 0 and 1 tell every process, mode 2 those that are followed; of opened files mode 1 tells those of the followed", () => {
  const items = [
    init,
    exec(10, 100, 1, 1, "root"),
    exec(20, 200, 1, 2, "other"),
    open(10, 100, 3, "/a"),
    open(20, 200, 4, "/b"),
    readline(20, 200, 5, "ls"),
  ];
  const select = { comms: ["root"], pids: [] };
  const told = ([0, 1, 2] as const).map((mode) => short(linesOf(items, { mode, select, opens: true, readline: true })));
  const life = ["EXEC 10", "EXEC 20"];
  expect(told).toEqual([
    [...life, "OPEN 10 /a x1", "OPEN 20 /b x1", "BASH_READLINE 20"],
    [...life, "OPEN 10 /a x1", "BASH_READLINE 20"],
    ["EXEC 10", "OPEN 10 /a x1"],
  ]);
  expect(short(linesOf(items, { mode: 1, opens: true }))).toEqual([...life, "OPEN 10 /a x1", "OPEN 20 /b x1"]);
});

test("what ran before is followed too, whatever the order of pids", () => {
  const items = [
    ran(running(7, 300, 900, "child")),
    ran(running(900, 200, 1, "root")),
    init,
    ran(running(8, 301, 7, "grandchild")),
    ran(running(9, 302, 1, "other")),
    ...[7, 8, 9].map((pid, at) => exit(pid, [300, 301, 302][at] ?? 0, 1, 5)),
  ];
  expect(short(linesOf(items, follow("root")))).toEqual(["EXIT 7", "EXIT 8"]);
  expect(short(linesOf(items, { mode: 2, select: { comms: [], pids: [7] } }))).toEqual(["EXIT 7", "EXIT 8"]);
});

test("a pid stands for the process that has it, not for a later one", () => {
  const items = [
    init,
    ran(running(10, 100, 1)),
    exit(10, 100, 1, 5),
    fork(10, 200, 1, 6),
    exec(10, 200, 1, 7),
    exit(10, 200, 1, 8),
  ];
  expect(short(linesOf(items, { mode: 2, select: { comms: [], pids: [10] } }))).toEqual(["EXIT 10"]);
});

test("filters by owner, program and group must all fit, and what is not told is counted", () => {
  const owned = (uid: number | null, cgroupId: bigint | null, pid: number, comm: string): FeedItem => ({
    ...exec(pid, pid, 1, pid, comm),
    uid,
    cgroupId,
  });
  const items: FeedItem[] = [
    init,
    { kind: "group", id: 5n, path: "/a" },
    { kind: "group", id: 6n, path: "/a/b" },
    { kind: "group", id: 7n, path: "/ab" },
    owned(1, 5n, 11, "x"),
    owned(2, 6n, 12, "y"),
    owned(null, 7n, 13, "x"),
    owned(1, null, 14, "z"),
  ];
  const told = (options: Partial<MonitorOptions>): string[] =>
    short(linesOf(items, options)).map((one) => one.slice(5));
  expect(told({ uids: [1] })).toEqual(["11", "14"]);
  expect(told({ exes: ["/bin/x", "/**/z"] })).toEqual(["11", "13", "14"]);
  expect(told({ cgroup: "/a" })).toEqual(["11", "12"]);
  expect(told({ cgroup: "/" })).toEqual(["11", "12", "13"]);
  expect(told({ uids: [1, 2], exes: ["/bin/*"], cgroup: "/a/b" })).toEqual(["12"]);
  const monitor = new EventMonitor({ ...everything, uids: [1], cgroup: "/a" }, origin, () => {});
  for (const item of items) monitor.take(item);
  expect(monitor.counts()).toMatchObject({ events: 4, lines: 1, unjudged: 1 });
});

test("execs whose file nobody told are told and counted, and fit no filter of files", () => {
  const items = [init, exec(2, 20, 1, 10, "known"), { ...exec(3, 30, 1, 20, "gone"), exe: null }];
  const pidsAndCount = (exes: readonly string[]): unknown => {
    const lines: MonitorLine[] = [];
    const monitor = new EventMonitor({ ...everything, exes }, origin, (line) => lines.push(line));
    for (const item of items) monitor.take(item);
    const { unknownFiles, unjudged } = monitor.counts();
    return [short(lines), unknownFiles, unjudged];
  };
  expect(pidsAndCount([])).toEqual([["EXEC 2", "EXEC 3"], 1, 0]);
  expect(pidsAndCount(["/bin/*"])).toEqual([["EXEC 2"], 1, 1]);
});

test("a child has owner, group and program of its parent until something else is told", () => {
  const items: FeedItem[] = [
    init,
    { ...exec(10, 100, 1, 1, "x"), uid: 7, cgroupId: 5n },
    fork(11, 101, 10, 2),
    exit(11, 101, 10, 3),
  ];
  expect(short(linesOf(items, { uids: [7], exes: ["/bin/x"] }))).toEqual(["EXEC 10", "EXIT 11"]);
});

test("a process that lives too short has neither beginning nor end; one that lives on is told later", () => {
  const ms = 1_000_000;
  const items: FeedItem[] = [
    init,
    fork(10, 1001, 1, 10_010 * ms),
    exec(10, 1001, 1, 10_011 * ms),
    exit(10, 1001, 1, 10_500 * ms),
    fork(11, 1002, 1, 10_600 * ms),
    exec(11, 1002, 1, 10_601 * ms),
    { kind: "tick", timestampNs: BigInt(11_640 * ms) },
  ];
  const minDurationNs = BigInt(1000 * ms);
  const lines: MonitorLine[] = [];
  const monitor = new EventMonitor({ ...everything, minDurationNs }, origin, (line) => lines.push(line));
  for (const item of items) monitor.take(item);
  expect([lines, monitor.isWaiting, monitor.counts().short]).toEqual([[], true, 1]);
  monitor.take({ kind: "tick", timestampNs: BigInt(11_650 * ms) });
  expect([short(lines), monitor.isWaiting]).toEqual([["EXEC 11"], false]);
  // It ran long before, as its start time tells: 1000 ticks were 10 s ago.
  const old = [init, ran(running(12, 500, 1)), exit(12, 500, 1, 10_001 * ms)];
  expect(short(linesOf(old, { minDurationNs }))).toEqual(["EXIT 12"]);
});

test("durations count from the fork and from the last exec", () => {
  const items = [init, fork(10, 100, 1, 1_000_000), exec(10, 100, 1, 3_000_000), exit(10, 100, 1, 8_500_000)];
  expect(linesOf(items)[1]).toMatchObject({ duration_ms: 5, since_exec_ns: 5_500_000n, since_fork_ns: 7_500_000n });
  const [lonely] = linesOf([init, exit(10, 100, 1, 5)]);
  expect(lonely).toMatchObject({ since_fork_ns: null, since_exec_ns: null });
  expect(lonely).not.toHaveProperty("duration_ms");
});

test("forks are told when they are asked for", () => {
  const items = [init, fork(10, 100, 1, 1)];
  expect([short(linesOf(items)), short(linesOf(items, { forks: true }))]).toEqual([[], ["FORK 10"]]);
});

/** Steps of a few processes, with everything that a monitor looks at. */
const anyItem: fc.Arbitrary<FeedItem> = fc
  .tuple(fc.nat(5), fc.integer({ min: 2, max: 9 }), fc.nat(3), fc.nat(200))
  .map(([what, pid, other, time]): FeedItem => {
    const timeNs = time * 50_000_000;
    if (what === 0) return fork(pid, pid, other + 1, timeNs);
    if (what === 1) return exec(pid, pid, 1, timeNs, `c${other}`);
    if (what === 2) return exit(pid, pid, 1, timeNs, other);
    if (what === 3) return open(pid, pid, timeNs, `/${other}`);
    if (what === 4) return readline(pid, pid, timeNs, "\udc80");
    return { kind: "tick", timestampNs: BigInt(timeNs) };
  });

test("a feed that went through a recording makes the same lines", () => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 60 }), (items) => {
      const options = { opens: true, readline: true, minDurationNs: 3_000_000_000n, tracesPerSec: 2, ...follow("c1") };
      const feed = [init, ...items];
      const recorded = feed.map((item) => decodeFeedItem(encodeFeedItem(item), origin));
      expect(linesOf(recorded, options, 99n)).toEqual(linesOf(feed, options, 99n));
    }),
  );
});
