import { expect, test } from "vitest";
import { plainMemory } from "../model/index.ts";
import { openPolicy } from "./open-policy.ts";
import type { Place } from "./place.ts";
import { selectTargets } from "./place.ts";
import type { Readings } from "./readings.ts";
import { mebibyte, placeOf, protectedReading } from "./simulation.ts";

const high = placeOf("high", 3);
const low = placeOf("low", 1);
const places = [high, low];

interface Changed {
  readonly nowMs?: number;
  readonly freeMib?: number;
  readonly highHits?: number;
  readonly rootStallUs?: number;
  readonly inside?: readonly Place[];
}

function readings({ nowMs = 0, freeMib = 500, highHits = 0, rootStallUs = 0, inside = places }: Changed): Readings {
  const targets = selectTargets(
    places,
    (one) => inside.includes(one),
    () => false,
  );
  return {
    nowMs,
    limitBytes: 1000 * mebibyte,
    headroomBytes: freeMib * mebibyte,
    boundBy: "/root",
    rootStallUs,
    protects: targets.protects.map((one) => protectedReading(one, { highHits })),
    domains: targets.domains.map((domain) => ({ domain, currentBytes: 100 * mebibyte, frozen: false, tools: [] })),
    places,
  };
}

const begin = (name: Parameters<typeof openPolicy>[0]) => {
  const policy = openPolicy(name);
  return (changed: Changed, settings = plainMemory) =>
    policy
      .step(readings(changed), settings)
      .map(({ action, reason, writes }) =>
        [action, reason, ...writes.map(({ path, value }) => `${path} ${value}`)].join(" "),
      );
};

test("none does nothing, whatever it sees", () => {
  const look = begin("none");
  expect([look({ freeMib: 0 }), look({ freeMib: 1, highHits: 9, rootStallUs: 1e6 })]).toEqual([[], []]);
});

test("static gives each session an equal part of the limit once, and another when the number of parts changes", () => {
  const look = begin("static");
  const lines = (bytes: number) => places.map(({ name }) => `divide policy /root/${name}/memory.max ${bytes}`);
  expect([look({}), look({ freeMib: 0 })]).toEqual([lines(500 * mebibyte), []]);
  expect(look({}, { ...plainMemory, staticParts: 4 })).toEqual(lines(250 * mebibyte));
});

test("high-only gives the protected memory.low of 80 %, and takes it back when he has ended", () => {
  const look = begin("high-only");
  expect([look({}), look({ freeMib: 0 })]).toEqual([[`protect policy /root/high/memory.low ${800 * mebibyte}`], []]);
  expect(look({ inside: [low] })).toEqual([
    "unprotect policy /root/high/memory.low 0",
    `protect policy /root/low/memory.low ${800 * mebibyte}`,
  ]);
});

test.each([
  ["hits", { highHits: 1 }],
  ["stall", { rootStallUs: 1 }],
  ["headroom", { freeMib: 150 }],
] as const)("fallback is triggered by %s, for one second, and then takes all back", (reason, trigger) => {
  const look = begin("fallback");
  expect(look({ nowMs: 0 })).toEqual([]);
  expect(look({ nowMs: 100, ...trigger })).toEqual([
    `protect ${reason} /root/high/memory.low ${800 * mebibyte}`,
    `clamp ${reason} /root/low/memory.high ${500 * mebibyte}`,
  ]);
  expect(look({ nowMs: 1099, ...trigger })).toEqual([]);
  expect(look({ nowMs: 1100 })).toEqual([
    "unprotect window /root/high/memory.low 0",
    "release window /root/low/memory.high max",
  ]);
});

test("fallback does not look anew while its window lasts: under lasting pressure it flaps every second, as the original", () => {
  const look = begin("fallback");
  const counts = { clamp: 0, release: 0 };
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    for (const line of look({ nowMs, freeMib: 100 })) {
      if (line.startsWith("clamp")) counts.clamp += 1;
      if (line.startsWith("release")) counts.release += 1;
    }
  }
  expect(counts.clamp).toBeGreaterThanOrEqual(9);
  expect(counts.release).toBeGreaterThanOrEqual(8);
});
