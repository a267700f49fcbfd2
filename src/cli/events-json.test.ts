import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { MonitorLine } from "../events/index.ts";
import { toJsonLine } from "./events-json.ts";

const line = (comm: string, argv: readonly string[]): MonitorLine => ({
  timestamp: 2n ** 60n + 1n,
  event: "EXEC",
  comm,
  pid: 7,
  ppid: null,
  filename: null,
  full_command: "x",
  argv,
  argv_truncated: false,
  exe: null,
  uid: 0,
  cgroup: null,
  cgroup_id: 2n ** 63n,
  start_ticks: 5,
  generation: 1,
  reconciled: false,
});

test("a line has the members in their order, big numbers as numbers, and no bytes where the texts are exact", () => {
  expect(toJsonLine(line("a\n\u2028\u{1f600}", ["b"]))).toBe(
    '{"timestamp":1152921504606846977,"event":"EXEC","comm":"a\\n\u2028\u{1f600}","pid":7,"ppid":null,"filename":null,' +
      '"full_command":"x","argv":["b"],"argv_truncated":false,"exe":null,"uid":0,"cgroup":null,"cgroup_id":9223372036854775808,' +
      '"start_ticks":5,"generation":1,"reconciled":false}\n',
  );
});

test("bytes that are no UTF-8 are replaced in the text and kept beside it", () => {
  const { comm, argv, bytes } = JSON.parse(toJsonLine(line("a\udcff", ["ok", "\udc80b"]))) as Record<string, unknown>;
  expect({ comm, argv, bytes }).toEqual({
    comm: "a\ufffd",
    argv: ["ok", "\ufffdb"],
    bytes: {
      comm: Buffer.from([0x61, 0xff]).toString("base64"),
      argv: ["b2s=", Buffer.from([0x80, 0x62]).toString("base64")],
    },
  });
});

const anyText = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "\0", "\u{1f600}", "\udc80", "\udcff") });

test("whatever a process calls itself, the line is one line of JSON in valid UTF-8", () => {
  fc.assert(
    fc.property(anyText, fc.array(anyText), (comm, argv) => {
      const text = toJsonLine(line(comm, argv));
      expect(text.indexOf("\n")).toBe(text.length - 1);
      expect(Buffer.from(text, "utf8").toString("utf8")).toBe(text);
      const read = JSON.parse(text) as { argv: string[]; bytes?: { argv?: string[] } };
      const exact = read.bytes?.argv?.map((one) => Buffer.from(one, "base64").toString("latin1"));
      const wanted = argv.map((one) =>
        Array.from(one, (char) =>
          /[\udc80-\udcff]/u.test(char)
            ? String.fromCharCode(char.charCodeAt(0) - 0xdc00)
            : Buffer.from(char).toString("latin1"),
        ).join(""),
      );
      expect(exact ?? read.argv.map((one) => Buffer.from(one).toString("latin1"))).toEqual(wanted);
    }),
  );
});

test("so is a line of the guard's own, whatever texts it has from others", () => {
  fc.assert(
    fc.property(anyText, anyText, fc.array(anyText), (message, reason, problems) => {
      const at = { timestamp: 2n ** 60n + 1n, time: "2026-01-01T00:00:00.000Z" };
      const lines = [
        toJsonLine({ ...at, event: "WARNING", session: "s", message }),
        toJsonLine({ ...at, event: "PLACEMENT_FAILED", session: "s", pid: 7, rule: null, reason }),
        toJsonLine({ ...at, event: "RELOAD_FAILED", session: null, problems }),
      ];
      expect(lines.map((one) => one.indexOf("\n"))).toEqual(lines.map((one) => one.length - 1));
      const read = lines.map((one) => JSON.parse(one) as Record<string, unknown>);
      expect(read.map(({ event }) => event)).toEqual(["WARNING", "PLACEMENT_FAILED", "RELOAD_FAILED"]);
      expect(lines.map((one) => Buffer.from(one, "utf8").toString("utf8"))).toEqual(lines);
      expect(read[2]?.["problems"]).toHaveLength(problems.length);
    }),
  );
});
