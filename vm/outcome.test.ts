import { expect, test } from "vitest";
import { consoleTail, judgeEnd, readMarks } from "./outcome.ts";

const boot = "\r\ncorral-vm abc boot 6.12.0-cloud\r\n";
const panic = "[    4.5] Kernel panic - not syncing: sysrq triggered crash\r\n";

test("marks are read with serial line ends", () => {
  expect(readMarks(`${boot}\r\ncorral-vm abc exit 137\r\n`, "abc")).toEqual({ release: "6.12.0-cloud", status: 137 });
});

test("a mark counts once its line is complete, and only with the guest's own nonce", () => {
  expect(readMarks("corral-vm abc exit 13", "abc").status).toBeNull();
  expect(readMarks("corral-vm xyz exit 13\n", "abc").status).toBeNull();
});

test.each([
  ["the command's status counts", { text: boot, status: 137, timedOut: false }, { exitStatus: 137, failure: null }],
  [
    "a status that came before the time limit counts",
    { text: boot, status: 0, timedOut: true },
    { exitStatus: 0, failure: null },
  ],
  ["time ran out", { text: boot, status: null, timedOut: true }, { exitStatus: 124, failure: null }],
  [
    "a panic is named",
    { text: boot + panic, status: null, timedOut: false },
    { exitStatus: 125, failure: "the guest's kernel panicked: sysrq triggered crash" },
  ],
  [
    "an early end is told from a late one",
    { text: "", status: null, timedOut: false },
    { exitStatus: 125, failure: "the guest switched off before the command started" },
  ],
  [
    "a late end",
    { text: boot, status: null, timedOut: false },
    { exitStatus: 125, failure: "the guest switched off while the command ran" },
  ],
])("%s", (_, { text, status, timedOut }, expected) => {
  const marks = { ...readMarks(text, "abc"), status };
  expect(judgeEnd({ timedOut, marks, console: text, qemuKilled: false })).toEqual(expected);
});

test("a QEMU that the host killed is told from a guest that switched off", () => {
  const end = { timedOut: false, marks: readMarks(boot, "abc"), console: boot, qemuKilled: true };
  expect(judgeEnd(end)).toEqual({ exitStatus: 125, failure: "QEMU was killed while the command ran" });
});

test("the tail has no control sequences, no blank lines and none of our marks", () => {
  expect(consoleTail(`\u001bc\u001b[?7l\u001b[0;1m[!!!]\u001b[0m failed\r\n${boot}[    4.5] halted\r\n`)).toBe(
    "[!!!] failed\n[    4.5] halted",
  );
});

test("the tail of a crash begins with the crash, however long its trace", () => {
  const trace = Array.from({ length: 100 }, (_, index) => `frame ${index}`);
  const lines = ["booting", panic.trim(), ...trace];
  expect(consoleTail(lines.join("\n")).split("\n")).toEqual(lines.slice(1, 41));
});

test("the tail is at most forty lines", () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  expect(consoleTail(lines.join("\n")).split("\n")).toEqual(lines.slice(60));
});
