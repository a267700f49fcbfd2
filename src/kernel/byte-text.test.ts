import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes, hasRawBytes, toByteBlock, toByteString } from "./byte-text.ts";

test("any bytes survive the way through text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      expect(Buffer.from(toByteString(decodeBytes(bytes)), "latin1")).toEqual(bytes);
    }),
  );
});

test("any well-formed text becomes its UTF-8 bytes and back, and carries no raw bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(Buffer.from(toByteString(text), "latin1")).toEqual(Buffer.from(text, "utf8"));
      expect(decodeBytes(Buffer.from(text, "utf8"))).toBe(text);
      expect(hasRawBytes(text)).toBe(false);
    }),
  );
});

test("a byte that is not UTF-8 is carried as a lone surrogate, a real U+FFFD as itself", () => {
  expect(decodeBytes(Buffer.from([0x61, 0xe9, 0x62]))).toBe("a\udce9b");
  expect(decodeBytes(Buffer.from("\ufffdé", "utf8"))).toBe("\ufffdé");
  expect(hasRawBytes("a\udce9b")).toBe(true);
});

test("a block says how many texts it has, so that a NUL inside of one is noticed", () => {
  expect([[], [""], ["a", "\u00e9", ""], ["a\0b"]].map(toByteBlock)).toEqual([
    "0",
    "1\0",
    "3\0a\0\u00c3\u00a9\0",
    "1\0a\0b",
  ]);
});
