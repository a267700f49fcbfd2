import { expect, test } from "vitest";
import { CorralError } from "../../../report/index.ts";
import type { ProgramName } from "./index.ts";
import { programNames, readSettings } from "./index.ts";

/** The defaults of the original (research/policy.md §4). */
const standards: Readonly<Record<ProgramName, Readonly<Record<string, number>>>> = {
  "anon-streamer": { "region-mb": 512, "idle-ms": 300 },
  "interactive-burst": {
    ...{ "region-mb": 128, "active-ms": 100, "idle-ms": 400 },
    ...{ "arena-t-cold-ms": 2000, "arena-prefetch-distance": 1, "arena-prefetch-batch": 4 },
  },
  "random-touch-heap": { "region-mb": 512, "ops-per-sec": 400_000 },
  "mmap-churn": { "map-kb": 512, "ops-per-sec": 500, "arena-region-mb": 128 },
  "fork-exit-storm": { "fork-rate": 40 },
  "fork-touch-exit": { "fork-rate": 20, "touch-pages": 64 },
  "fork-exec-storm": { "fork-rate": 10 },
};

test.each(programNames)("%s has the defaults of the original", (name) => {
  const { numbers, durationSec, seed } = readSettings(name, {});
  expect({ numbers, durationSec, seed }).toEqual({ numbers: standards[name], durationSec: 20, seed: 12_345 });
});

test("nothing is compressed and nobody is asked unless it is said", () => {
  expect(readSettings("anon-streamer", {})).toMatchObject({
    ...{ arena: null, controller: null, compressPolicy: "internal", zipfTheta: 0 },
    content: { model: "zero", randomPercent: 0 },
  });
});

test("the flags of the arena and of the enrolment are taken together", () => {
  const flags = {
    "use-mem-arena": true,
    "controller-enroll": true,
    "controller-sock": "/s",
    "compress-policy": "both",
  };
  expect(readSettings("mmap-churn", { ...flags, "arena-cap-mb": "64", seed: "0" })).toMatchObject({
    arena: { capMb: 64, minSavingsPercent: 5, autoloops: false, statsPath: null },
    ...{ controller: { socketPath: "/s" }, compressPolicy: "both", seed: 0 },
  });
});

const why = (name: ProgramName, raw: Readonly<Record<string, string | boolean>>): string => {
  try {
    readSettings(name, raw);
  } catch (thrown) {
    return CorralError.from(thrown).toLine();
  }
  return "";
};

test("long and large is asked for twice", () => {
  expect(why("anon-streamer", { "duration-sec": "301" })).toBe(
    "--duration-sec is at most 300; --unsafe-allow-long allows 3600",
  );
  expect(why("anon-streamer", { "duration-sec": "3600", "unsafe-allow-long": true })).toBe("");
  expect(why("fork-exit-storm", { workers: "4096" })).toBe("--workers is at most 512; --unsafe-allow-long allows 4096");
});

test("an empty path is none", () => {
  const raw = { "use-mem-arena": true, "arena-stats-json": "" };
  expect(why("anon-streamer", raw)).toBe("--arena-stats-json needs a value");
});
