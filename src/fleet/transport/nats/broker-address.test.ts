import { expect, test } from "vitest";
import { formatBrokerAddress, parseBrokerAddress } from "./broker-address.ts";

/** [address, as it is told] */
test.each([
  ["nats://broker", "nats://broker:4222"],
  ["broker", "nats://broker:4222"],
  ["tls://broker:5000", "tls://broker:5000"],
  ["nats://[::1]", "nats://[::1]:4222"],
  ["nats://a,nats://b:1", "nats://a:4222,nats://b:1"],
  ["nats://user:secret@broker", "nats://broker:4222"],
  ["nats://token@a, nats://b", "nats://a:4222,nats://b:4222"],
])("%s is told as %s", (text, told) => {
  expect(formatBrokerAddress(parseBrokerAddress(text))).toBe(told);
});

test("who calls is read from the address, with its escapes", () => {
  expect(parseBrokerAddress("nats://me:p%40ss@a").user).toEqual({ user: "me", password: "p@ss" });
  expect(parseBrokerAddress("nats://a,nats://tok@b").user).toEqual({ user: "tok", password: null });
  expect(parseBrokerAddress("nats://a").user).toBeNull();
});

test.each([
  ["", "is no address of a broker"],
  ["http://a", "is no address of a broker"],
  ["nats://", "is no address of a broker"],
  ["nats://a b", "names no host"],
  ["nats://:x@a", "has an empty user"],
  ["nats://a%@b", "has a user or a password with a % that begins no escape"],
  ["nats://u:1@a,nats://u:2@b", "has several users"],
])("%j is refused: it %s", (text, why) => {
  expect(() => parseBrokerAddress(text)).toThrow(`--nats ${why}`);
});

test("what is wrong is told without the password", () => {
  const text = "nats://user:hunter2@a/b/c";
  expect(() => parseBrokerAddress(text)).toThrow(/^(?!.*hunter2)/);
});
