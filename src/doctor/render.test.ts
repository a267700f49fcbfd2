import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toDocument } from "./document.ts";
import type { Finding } from "./finding.ts";
import { plainLook, renderReport, wrapText } from "./render.ts";

const finding = (change: Partial<Finding>): Finding => ({
  group: "memory",
  name: "swap",
  status: "no",
  found: "none",
  probe: "/proc/swaps",
  consequence: "it is killed rather than swapped",
  facts: { areas: [] },
  ...change,
});

describe("wrapping", () => {
  test("breaks at blanks, long words after a slash, comma or underscore", () => {
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("/sys/fs/cgroup/memory", 12)).toEqual(["/sys/fs/", "cgroup/", "memory"]);
    expect(wrapText("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(wrapText("", 5)).toEqual([""]);
  });

  test("makes control characters visible", () => {
    expect(wrapText("a\u001b[2Jb\nc", 40)).toEqual(["a\\x1b[2Jb\\x0ac"]);
  });

  test("loses nothing and never exceeds the width", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrapText(text, width);
        expect(lines.every((line) => line.length <= width)).toBe(true);
        const inked = text.replace(/[^!-~]/g, "").length;
        expect(lines.join("").replaceAll(" ", "").length).toBeGreaterThanOrEqual(inked);
      }),
    );
  });
});

describe("the report for people", () => {
  test("is a table per section, in words, with the summary last", () => {
    const findings = [finding({}), finding({ group: "system", name: "kernel", status: "yes", found: "Linux 7" })];
    expect(renderReport(findings, "For uid 0: all.", plainLook(80)).split("\n")).toEqual([
      "                   found               consequence              probe",
      "System",
      "  yes      kernel  Linux 7             it is killed rather      /proc/swaps",
      "                                       than swapped",
      "Memory",
      "  no       swap    none                it is killed rather      /proc/swaps",
      "                                       than swapped",
      "",
      "For uid 0: all.",
      "",
    ]);
  });

  test("puts colours around cells without moving the columns", () => {
    const look = {
      ...plainLook(80),
      status: { yes: "+", partly: "~", no: "-", unknown: "?" },
      colour: (_: string, text: string) => `<${text}>`,
      title: (text: string) => text.toUpperCase(),
    };
    expect(
      renderReport([finding({ consequence: "none" })], "s", look)
        .split("\n")
        .slice(0, 3),
    ).toEqual([
      "           found                 consequence                  probe",
      "MEMORY",
      "  <->  swap  none                  none                         /proc/swaps",
    ]);
  });
});

test("the document has schema, wall clock and seconds", () => {
  const examination = { release: "7.2", uid: 0, findings: [finding({})], limits: [], summary: "s" };
  expect(toDocument(examination, new Date(0), 51.7)).toEqual({
    schema: "corral.doctor/1",
    time: "1970-01-01T00:00:00.000Z",
    kernel_release: "7.2",
    uid: 0,
    capabilities: [finding({})],
    limits: [],
    summary: "s",
    duration_sec: 0.052,
  });
});
