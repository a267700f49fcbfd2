import { expect, test } from "vitest";
import type { ToldProcess } from "./compare-scan.ts";
import { compareScan } from "./compare-scan.ts";
import type { ProcessScan, SeenProcess, SeenZombie } from "./process-scan.ts";

const told = (change: Partial<ToldProcess> = {}): ToldProcess => ({
  startTicks: 100,
  ppid: 1,
  comm: "sh",
  executed: true,
  adopted: false,
  sinceNs: 5n,
  uid: 0,
  cgroupId: null,
  ...change,
});

const seen = (change: Partial<SeenProcess> = {}): SeenProcess => ({
  tgid: 7,
  startTicks: 100,
  ppid: 1,
  comm: "sh",
  executed: true,
  ...change,
});

const scan = (running: readonly SeenProcess[], zombies: readonly SeenZombie[] = []): ProcessScan => ({
  timeNs: 10n,
  running: new Map(running.map((one) => [one.tgid, one])),
  zombies: new Map(zombies.map((one) => [one.tgid, one])),
});

const exit = (entry: ToldProcess, status: number | null = null) => ({ kind: "exit", tgid: 7, told: entry, status });

/** [rule, what was told of pid 7, what the scan saw, what must have happened] */
test.each<[string, ToldProcess | null, ProcessScan, readonly unknown[]]>([
  ["nothing changed", told(), scan([seen()]), []],
  ["nothing was there and nothing is", null, scan([]), []],
  ["a process came", null, scan([seen({ executed: false })]), [{ kind: "fork", seen: seen({ executed: false }) }]],
  [
    "a process came and executed",
    null,
    scan([seen()]),
    [
      { kind: "fork", seen: seen() },
      { kind: "exec", seen: seen() },
    ],
  ],
  ["a process executed", told({ executed: false, comm: null }), scan([seen()]), [{ kind: "exec", seen: seen() }]],
  [
    "a process executed again under another name",
    told(),
    scan([seen({ comm: "x" })]),
    [{ kind: "exec", seen: seen({ comm: "x" }) }],
  ],
  ["a fork renamed itself", told({ executed: false, comm: "a" }), scan([seen({ executed: false, comm: "b" })]), []],
  ["a name that was never read says nothing", told({ comm: null }), scan([seen()]), []],
  ["a process went", told(), scan([]), [exit(told())]],
  ["a process is a zombie", told(), scan([], [{ tgid: 7, startTicks: 100, status: 9 }]), [exit(told(), 9)]],
  ["the zombie is another's", told(), scan([], [{ tgid: 7, startTicks: 101, status: 9 }]), [exit(told())]],
  ["a zombie that was never told is not told", null, scan([], [{ tgid: 7, startTicks: 100, status: 9 }]), []],
  [
    "the pid was reused",
    told(),
    scan([seen({ startTicks: 101 })]),
    [
      exit(told()),
      { kind: "fork", seen: seen({ startTicks: 101 }) },
      { kind: "exec", seen: seen({ startTicks: 101 }) },
    ],
  ],
  ["a start that was not read is taken for the same", told({ startTicks: null }), scan([seen()]), []],
  ["what is newer than the scan is left alone: gone", told({ sinceNs: 10n }), scan([]), []],
  ["what is newer than the scan is left alone: reused", told({ sinceNs: 10n }), scan([seen({ startTicks: 90 })]), []],
])("%s", (_rule, entry, found, changes) => {
  expect(compareScan(new Map(entry === null ? [] : [[7, entry]]), found)).toEqual(changes);
});

test("exits come first, then starts in the order of their time", () => {
  const [late, early, twin] = [
    seen({ tgid: 3, startTicks: 300 }),
    seen({ tgid: 9, startTicks: 200 }),
    seen({ tgid: 8, startTicks: 200 }),
  ];
  const changes = compareScan(new Map([[7, told()]]), scan([late, early, twin]));
  expect(changes.map((change) => [change.kind, change.kind === "exit" ? change.tgid : change.seen.tgid])).toEqual([
    ["exit", 7],
    ["fork", 8],
    ["exec", 8],
    ["fork", 9],
    ["exec", 9],
    ["fork", 3],
    ["exec", 3],
  ]);
});
