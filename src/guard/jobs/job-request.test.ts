import { expect, test } from "vitest";
import { toJobExit, toJobRequest, toJobStarted } from "./job-request.ts";

const request = { words: ["run", "--quiet", "--", "true"], environment: { CORRAL_STATE_DIR: "/run/x" } };
const started = { pid: 4711, status: "ready\n", released: { start_ticks: 12, at_ns: "1234567890" } };
const exit = {
  ...{ exit_code: 0, exit_signal: null, core_dumped: false, user_us: 1, sys_us: 2, max_rss_bytes: 3 },
  ...{ minor_faults: 4, major_faults: 5, in_blocks: 6, out_blocks: 7, voluntary_switches: 8 },
  ...{ involuntary_switches: 9, at_ns: "10" },
};

test("what the native client sends is taken as it is", () => {
  expect(toJobRequest(request)).toBe(request);
  expect(toJobStarted(started)).toBe(started);
  expect(toJobStarted({ ...started, released: null }).released).toBe(null);
  expect(toJobExit(exit)).toBe(exit);
  expect(toJobExit({ ...exit, exit_code: null, exit_signal: 64, core_dumped: true }).exit_signal).toBe(64);
});

/** No value of a number, a text, a list or an object that any of the requests has. */
const wrong: readonly unknown[] = [undefined, -1, 0.5, 2 ** 53, "", "12x", [7], { a: 7 }, true];

const documents = [
  ["a request", toJobRequest, request],
  ["a start", toJobStarted, started],
  ["an end", toJobExit, exit],
] as const;

for (const [what, read, document] of documents) {
  test(`${what} lacks no key and has no other`, () => {
    for (const key of Object.keys(document)) {
      const { [key]: _gone, ...rest } = document as Record<string, unknown>;
      expect(() => read(rest)).toThrow(`${key} is missing`);
    }
    expect(() => read({ ...document, other: 1 })).toThrow("other");
    for (const none of [null, undefined, 1, "text", [document]]) expect(() => read(none)).toThrow();
  });

  test(`${what} has of every key a value that it can have`, () => {
    for (const [key, value] of Object.entries(document))
      for (const other of wrong) {
        // The only ones that fit somewhere.
        const fits = (typeof value === "string" && key === "status" && typeof other === "string") || other === value;
        const isFlag = typeof value === "boolean" && typeof other === "boolean";
        if (!fits && !isFlag) expect(() => read({ ...document, [key]: other }), `${key} ${String(other)}`).toThrow(key);
      }
  });
}

test("bounds are those of the kernel", () => {
  for (const [key, value] of [
    ["exit_code", 256],
    ["exit_signal", 0],
    ["exit_signal", 65],
    ["at_ns", "12345678901234567890"],
  ] as const)
    expect(() => toJobExit({ ...exit, [key]: value })).toThrow(key);
  for (const pid of [0, 4_194_305]) expect(() => toJobStarted({ ...started, pid })).toThrow("pid");
  for (const released of [{ start_ticks: 1 }, { start_ticks: -1, at_ns: "1" }, { ...started.released, more: 1 }])
    expect(() => toJobStarted({ ...started, released })).toThrow("released");
  expect(() => toJobRequest({ ...request, words: ["run", 1] })).toThrow("words");
  expect(() => toJobRequest({ ...request, environment: { A: 1 } })).toThrow("environment");
});
