import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatBytes,
  formatSeconds,
  parseDurationMs,
  parseNumberIn,
  parseSize,
  parseSizeOrMax,
  quote,
} from "./units.ts";

test.each([
  ["0", null, 0],
  ["64M", null, 67_108_864],
  ["64m", null, 67_108_864],
  ["64MB", null, 67_108_864],
  ["64MiB", null, 67_108_864],
  ["1.5G", null, 1_610_612_736],
  ["512K", null, 524_288],
  ["1T", null, 1_099_511_627_776],
  ["100B", null, 100],
  [" 2 M ", null, 2_097_152],
  ["512", 2 ** 20, 536_870_912],
  ["4096", 1, 4096],
  ["0.5", 2 ** 20, 524_288],
])("the size %j with bare numbers of %s bytes is %i bytes", (text, bareUnit, bytes) => {
  expect(parseSize(text, bareUnit)).toBe(bytes);
});

test.each([
  ["", 'expects a size such as 64M or 1.5G, not ""'],
  ["-1M", 'expects a size such as 64M or 1.5G, not "-1M"'],
  ["1X", 'expects a size such as 64M or 1.5G, not "1X"'],
  ["max", 'expects a size such as 64M or 1.5G, not "max"'],
  ["1e3", 'expects a size such as 64M or 1.5G, not "1e3"'],
  ["64", 'needs a unit, such as 64M; "64" could mean bytes or MiB'],
  ["9999999T", 'is too large: "9999999T"'],
])("%j is no size: %s", (text, message) => {
  expect(() => parseSize(text, null)).toThrow(new RangeError(message));
});

test("max is a size only where no limit makes sense", () => {
  expect(parseSizeOrMax("max", null)).toBe("max");
  expect(parseSizeOrMax("1M", null)).toBe(1_048_576);
});

test.each([
  ["10", 10_000],
  ["1.5s", 1500],
  ["500ms", 500],
  ["250us", 0.25],
  ["1000ns", 0.001],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
  ["0", 0],
])("the duration %j is %d ms", (text, ms) => {
  expect(parseDurationMs(text)).toBeCloseTo(ms, 9);
});

test.each([
  ["", 'expects a duration such as 500ms, 10s or 5m, not ""'],
  ["5M", 'expects a duration such as 500ms, 10s or 5m, not "5M"'],
  ["-5", 'expects a duration such as 500ms, 10s or 5m, not "-5"'],
  ["20000d", 'is longer than 31 years: "20000d"'],
])("%j is no duration: %s", (text, message) => {
  expect(() => parseDurationMs(text)).toThrow(new RangeError(message));
});

test.each([
  ["1", true, 1],
  ["10", true, 10],
  ["2.5", false, 2.5],
  ["+3", true, 3],
  ["5.", false, 5],
])("%j is inside 1 to 10", (text, integer, value) => {
  expect(parseNumberIn(text, 1, 10, { integer })).toBe(value);
});

test.each(["0", "11", "", "x", "1e1", "0x2", "2.5", "Infinity", "NaN", "9".repeat(400)])(
  "%j is no whole number from 1 to 10",
  (text) => {
    const shown = text.length > 80 ? `"${"9".repeat(80)}…"` : `"${text}"`;
    expect(() => parseNumberIn(text, 1, 10, { integer: true })).toThrow(
      new RangeError(`expects a whole number from 1 to 10, not ${shown}`),
    );
  },
);

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [67_108_864, "64.0 MiB"],
  [1_610_612_736, "1.5 GiB"],
  [2 ** 50, "1024.0 TiB"],
])("%i bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [0.0124, "12 ms"],
  [0.9996, "1.00 s"],
  [2.333, "2.33 s"],
  [59.996, "1 min 0 s"],
  [65, "1 min 5 s"],
  [119.6, "2 min 0 s"],
  [3599.6, "1 h 0 min"],
  [3900, "1 h 5 min"],
])("%d seconds are shown as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("a size that is shown reads back as itself, to the digits shown", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
      const unit = bytes < 1024 ? 1 : 1024 ** Math.min(4, Math.floor(Math.log(bytes) / Math.log(1024) + 1e-9));
      expect(Math.abs(parseSize(formatBytes(bytes), 1) - bytes)).toBeLessThanOrEqual(0.051 * unit + 1);
    }),
  );
});

test("a whole number of milliseconds, seconds or minutes reads back as itself", () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.constantFrom(["ms", 1], ["s", 1000], ["m", 60_000], ["", 1000]),
      (n, [unit, ms]) => {
        expect(parseDurationMs(`${n}${unit}`)).toBe(n * ms);
      },
    ),
  );
});

test("times that are shown never have 60 seconds or 60 minutes", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
      expect(formatSeconds(seconds)).toMatch(
        /^(\d{1,3} ms|[1-5]?\d\.\d\d s|[1-5]?\d min [1-5]?\d s|\d+ h [1-5]?\d min)$/,
      );
    }),
  );
});

test("the parsers never throw anything but a RangeError", () => {
  const piece = fc.constantFrom("1", ".", "0", "-", "+", "e", "k", "M", "iB", "ms", "max", " ", "9".repeat(30));
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((parts) => parts.join("")),
  );
  const parsers = [
    (input: string) => parseSize(input, null),
    (input: string) => parseSize(input, 1),
    (input: string) => parseSizeOrMax(input, 2 ** 20),
    parseDurationMs,
    (input: string) => parseNumberIn(input, -5, 5, { integer: false }),
  ];
  fc.assert(
    fc.property(text, fc.constantFrom(...parsers), (input, parse) => {
      try {
        const value = parse(input);
        expect(value === "max" || Number.isFinite(value)).toBe(true);
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown;
        expect(thrown.message).toMatch(/^(expects|needs|is) /);
      }
    }),
  );
});

test("quoted text is one line of bounded length, whatever was in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const quoted = quote(text, 20);
      expect(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(quoted)).toBe(false);
      expect(quoted.length).toBeLessThanOrEqual(2 + 21 * 6);
      if (text.length <= 20) expect(JSON.parse(quoted)).toBe(text);
    }),
  );
});
