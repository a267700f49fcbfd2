import { expect, test } from "vitest";
import { open, readline } from "../../../test/shared/made-events.ts";
import type { FoldOptions } from "./fold-opens.ts";
import { OpenFolder } from "./fold-opens.ts";
import { lineFacts, openFacts } from "./make-line.ts";
import type { MonitorLine } from "./monitor-line.ts";

const second = 1_000_000_000;

/** A folder, and what it told in short: time in seconds, pid, path, count, why, and what was dropped. */
function folderWith(options: Partial<FoldOptions> = {}) {
  const told: string[] = [];
  const emit = (line: MonitorLine): void => {
    const at = Number(line.timestamp) / second;
    if (line.event === "RATE_LIMIT") told.push(`${at} ${line.pid} dropped ${line.dropped}`);
    if (line.event !== "FILE_OPEN") return;
    const why = line.window_expired === true ? " window" : line.reason === undefined ? "" : ` ${line.reason}`;
    const dropped = line.dropped === undefined ? "" : ` dropped ${line.dropped}`;
    told.push(`${at} ${line.pid} ${line.filepath} x${line.count}${why}${dropped}`);
  };
  const folder = new OpenFolder({ windowNs: 60n * BigInt(second), perSec: 3, emit, ...options });
  /** Opens a file at a second. */
  const opened = (at: number, path: string, pid = 7, start = 70): void => {
    const event = open(pid, start, at * second, path);
    folder.advance(event.timestampNs);
    folder.open(
      event,
      openFacts(event, event, () => null),
    );
  };
  return { folder, told, opened };
}

test("the first open of a file is told, and the others as a count when its window is over", () => {
  const { folder, told, opened } = folderWith();
  for (const at of [0, 1, 59]) opened(at, "/a");
  opened(61, "/b");
  folder.advance(BigInt(200 * second));
  expect(told).toEqual(["0 7 /a x1", "60 7 /a x3 window", "61 7 /b x1"]);
  expect(folder.folded).toBe(2);
});

test("an open after the window begins a new one, so that a file that is opened for ever is told for ever", () => {
  const { told, opened } = folderWith();
  for (const at of [0, 59, 60, 119, 120]) opened(at, "/a");
  expect(told).toEqual(["0 7 /a x1", "60 7 /a x2 window", "60 7 /a x1", "120 7 /a x2 window", "120 7 /a x1"]);
});

test("a window of 0 folds nothing", () => {
  const { told, opened } = folderWith({ windowNs: 0n });
  for (const at of [0, 1]) opened(at, "/a");
  expect(told).toEqual(["0 7 /a x1", "1 7 /a x1"]);
});

test("the same path in another process, and in a later one with the same pid, is another file", () => {
  const { told, opened } = folderWith();
  opened(0, "/a");
  opened(0, "/a", 8);
  opened(0, "/a", 7, 71);
  expect(told).toEqual(["0 7 /a x1", "0 8 /a x1", "0 7 /a x1"]);
});

test("the counts of a process are told before its end, and those of all at the end of everything (P11)", () => {
  const { folder, told, opened } = folderWith();
  for (const path of ["/a", "/a", "/b", "/c", "/c"]) opened(0, path);
  for (const path of ["/a", "/a"]) opened(1, path, 8);
  expect(folder.end(7, 70, BigInt(2 * second))).toBe(null);
  folder.finish(BigInt(3 * second));
  expect(told.filter((line) => !line.endsWith("x1"))).toEqual([
    "2 7 /a x2 process_exit",
    "2 7 /c x2 process_exit",
    "3 8 /a x2 shutdown",
  ]);
  expect(folder.size).toEqual({ files: 0, processes: 0 });
});

test("files over the limit of a second are counted and told with the next one; repeats use nothing up", () => {
  const { told, opened } = folderWith();
  for (const path of ["/a", "/a", "/a", "/a", "/b", "/c", "/d", "/e"]) opened(0, path);
  opened(1, "/f");
  opened(1, "/g");
  expect(told).toEqual(["0 7 /a x1", "0 7 /b x1", "0 7 /c x1", "1 7 /f x1 dropped 2", "1 7 /g x1"]);
});

test("what was dropped is told with the end of the process, or at the end of everything", () => {
  const { folder, told, opened } = folderWith({ perSec: 1 });
  for (const pid of [7, 8]) for (const path of ["/a", "/b"]) opened(0, path, pid);
  expect(folder.end(7, 70, 1n)).toEqual({
    dropped: 1,
    rate_limit_warning: "1 dropped: more than 1 a second",
  });
  folder.finish(BigInt(second));
  expect(told).toEqual(["0 7 /a x1", "0 8 /a x1", "1 8 dropped 1"]);
});

test("a limit of 0 lets everything pass", () => {
  const { told, opened } = folderWith({ perSec: 0 });
  for (let file = 0; file < 100; file += 1) opened(0, `/${file}`);
  expect(told.length).toBe(100);
});

test("a full table of files makes the oldest one be told, not forgotten", () => {
  const { folder, told, opened } = folderWith({ filesMost: 2 });
  for (const path of ["/a", "/a", "/b", "/c"]) opened(0, path);
  expect(told).toEqual(["0 7 /a x1", "0 7 /b x1", "0 7 /c x1", "0 7 /a x2 table_full"]);
  expect(folder.size.files).toBe(2);
});

test("however many processes open files at a time, none goes unlimited, and those that are idle make room (P6)", () => {
  const { folder, told, opened } = folderWith({ processesMost: 4, perSec: 2, windowNs: BigInt(2 * second) });
  for (let pid = 1; pid <= 10; pid += 1) for (const path of ["/a", "/b", "/c"]) opened(10, path, pid);
  // Four with two each, and two for all others together.
  expect([told.length, folder.size.processes, folder.dropped]).toEqual([10, 4, 20]);
  opened(13, "/a", 11);
  expect(told.slice(10)).toEqual([
    "13 null dropped 16",
    "13 1 dropped 1",
    "13 2 dropped 1",
    "13 3 dropped 1",
    "13 4 dropped 1",
    "13 11 /a x1",
  ]);
});

test("a storm of processes that open files and end leaves nothing behind", () => {
  const { folder, opened } = folderWith({ perSec: 0 });
  for (let pid = 1; pid <= 5000; pid += 1) {
    for (const path of ["/a", "/b", "/a"]) opened(0, path, pid);
    folder.end(pid, 70, 1n);
  }
  expect(folder.size).toEqual({ files: 0, processes: 0 });
});

test("a line that is typed again is a count, and no file of that name", () => {
  const told: string[] = [];
  const folder = new OpenFolder({
    windowNs: 60n * BigInt(second),
    perSec: 3,
    emit: (line) => {
      if (line.event === "BASH_READLINE") told.push(`${line.command} x${line.count} ${line.reason ?? "-"}`);
      else if (line.event === "FILE_OPEN") told.push(`file ${line.filepath} x${line.count}`);
    },
  });
  for (const [at, text] of [
    [0, "ls"],
    [1, "ls"],
    [2, "pwd"],
    [3, "ls"],
  ] as const) {
    const event = readline(7, 70, at * second, text);
    folder.readline(
      event,
      lineFacts(event, event, () => null),
    );
  }
  const event = open(7, 70, 4 * second, "ls");
  folder.open(
    event,
    openFacts(event, event, () => null),
  );
  folder.end(7, 70, BigInt(5 * second));
  expect(told).toEqual(["ls x1 -", "pwd x1 -", "file ls x1", "ls x3 process_exit"]);
});
