import { expect, test } from "vitest";
import { catchesSignal, parseProcessStatus } from "./process-status.ts";

const text = `Name:\tworkload: (x)
Umask:\t0022
Pid:\t4711
Uid:\t1000\t1001\t1002\t1003
Gid:\t2000\t2001\t2002\t2003
Groups:\t4 24 2000
NSpid:\t4711\t12\t1
SigCgt:\t0000000100000200
`;

test("the status of a process tells its effective user and groups, its pids and its handlers", () => {
  const status = parseProcessStatus(text);
  expect(status).toEqual({
    pids: [4711, 12, 1],
    uid: 1001,
    gid: 2001,
    groups: [4, 24, 2000],
    caughtSignals: 0x1_0000_0200n,
  });
  const caught = status === null ? [] : [9, 10, 11, 33].map((signal) => catchesSignal(status, signal));
  expect(caught).toEqual([false, true, false, true]);
});

test("without namespaces its pid is all; without groups it has none; without the rest it is none", () => {
  const plain = parseProcessStatus(text.replace(/NSpid.*\n/, "").replace("4 24 2000", ""));
  expect([plain?.pids, plain?.groups]).toEqual([[4711], []]);
  expect([parseProcessStatus(""), parseProcessStatus(text.replace(/SigCgt.*\n/, ""))]).toEqual([null, null]);
});
