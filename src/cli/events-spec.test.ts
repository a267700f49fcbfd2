import { expect, test } from "vitest";
import type { EventsFlags } from "./events-spec.ts";
import { toEventsSpec } from "./events-spec.ts";

const specOf = (flags: EventsFlags, words = "", isTerminal = false) =>
  toEventsSpec(flags, ["events", ...words.split(" ")], isTerminal);

test("without flags everything is told as JSON, by the best source, without an end", () => {
  expect(specOf({})).toEqual({
    monitor: {
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
    },
    source: "auto",
    pollIntervalMs: 1000,
    replay: null,
    record: null,
    durationMs: null,
    count: null,
    form: "json",
    verbose: false,
  });
});

test.each<[EventsFlags, string, 0 | 1 | 2]>([
  [{}, "", 1],
  [{ mode: "0" }, "--mode 0", 0],
  [{ all: true }, "--all", 0],
  [{ comm: "a" }, "--comm a", 2],
  [{ pid: "1" }, "--pid=1", 2],
  [{ comm: "a", mode: "1" }, "--comm a --mode 1", 1],
  [{ comm: "a", mode: "1" }, "--mode 1 --comm a", 2],
  [{ comm: "a", all: true }, "--all --comm a", 2],
  [{ comm: "a", all: true }, "--comm a --all", 0],
  [{ all: true, mode: "1" }, "--all --mode=1", 1],
])("of %j on the line %j mode %i comes", (flags, words, mode) => {
  expect(specOf(flags, words).monitor.mode).toBe(mode);
});

test("lists are trimmed, and a bare shortest lifetime is milliseconds", () => {
  const { monitor } = specOf(
    { comm: " a , b* ", pid: "1, 2", uid: "0,5", "min-duration": "250", exe: ["/bin/*"] },
    "--comm x",
  );
  expect(monitor).toMatchObject({
    select: { comms: ["a", "b*"], pids: [1, 2] },
    uids: [0, 5],
    minDurationNs: 250_000_000n,
    exes: ["/bin/*"],
  });
  expect(specOf({ "min-duration": "2s" }).monitor.minDurationNs).toBe(2_000_000_000n);
});

test.each<[EventsFlags, boolean, "json" | "table"]>([
  [{}, true, "table"],
  [{}, false, "json"],
  [{ json: true }, true, "json"],
  [{ table: true }, false, "table"],
])("of %j on a terminal (%s) comes a %s", (flags, isTerminal, form) => {
  expect(specOf(flags, "", isTerminal).form).toBe(form);
});

test("257 names are too many", () => {
  const comm = Array.from({ length: 257 }, (_, at) => `n${at}`).join(",");
  expect(() => specOf({ comm })).toThrow("--comm takes at most 256, not 257");
});
