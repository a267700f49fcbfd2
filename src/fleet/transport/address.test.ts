import { expect, test } from "vitest";
import { formatHostAddress, isLoopback, parseHostAddress } from "./address.ts";

/** [text, as it is written whole] */
test.each([
  ["web1", "web1:7167"],
  ["web1:80", "web1:80"],
  ["a.b-c.example:1", "a.b-c.example:1"],
  ["127.0.0.1:0", "127.0.0.1:0"],
  ["[::1]:5", "[::1]:5"],
  ["[fe80::1]", "[fe80::1]:7167"],
])("%s is %s", (text, whole) => {
  expect(formatHostAddress(parseHostAddress(text))).toBe(whole);
});

test.each([
  "",
  ":80",
  "a:b",
  "a:70000",
  "::1",
  "[1.2.3.4]:1",
  "a b",
  "http://a",
  "-a",
  "a..b",
  "unix:/x",
  "a:1:2",
  "a\n",
])("%j is no address", (text) => {
  expect(() => parseHostAddress(text)).toThrow("is no address of an agent or a controller");
});

test.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["[::1]", true],
  ["[0:0:0:0:0:0:0:1]", true],
  ["0.0.0.0", false],
  ["[::]", false],
  ["[::ffff:127.0.0.1]", false],
  ["128.0.0.1", false],
  ["127.0.0.1.example", false],
  ["localhost.example", false],
  ["[fe80::1]", false],
])("whether %s stays on this machine: %s", (text, stays) => {
  expect(isLoopback(parseHostAddress(text))).toBe(stays);
});
