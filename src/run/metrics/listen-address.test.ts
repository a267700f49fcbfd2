import { expect, test } from "vitest";
import { defaultListen, formatListen, parseListen } from "./listen-address.ts";

test.each([
  ["127.0.0.1:9091", { kind: "tcp", host: "127.0.0.1", port: 9091 }],
  ["0.0.0.0:0", { kind: "tcp", host: "0.0.0.0", port: 0 }],
  ["[::1]:65535", { kind: "tcp", host: "::1", port: 65_535 }],
  ["unix:/run/corral/metrics.sock", { kind: "unix", path: "/run/corral/metrics.sock" }],
])("%s is an address, and is written as it was read", (text, address) => {
  expect(parseListen(text)).toEqual(address);
  expect(formatListen(parseListen(text))).toBe(text);
});

test("unless told otherwise, only this host is served", () => {
  expect(parseListen(defaultListen)).toEqual({ kind: "tcp", host: "127.0.0.1", port: 9091 });
});

const addressFix = "write ADDRESS:PORT with an IP address, such as 127.0.0.1:9091 or [::1]:9091, or unix:/PATH";
const pathFix = "write the whole path of the socket, such as unix:/run/corral/metrics.sock";

test.each([
  ["", addressFix],
  ["9091", addressFix],
  [":9091", addressFix],
  ["localhost:9091", addressFix],
  ["127.0.0.1", addressFix],
  ["127.0.0.1:", addressFix],
  ["127.0.0.1:65536", addressFix],
  ["127.0.0.1:-1", addressFix],
  ["127.0.0.1:1e3", addressFix],
  ["127.1:9091", addressFix],
  ["::1:9091", addressFix],
  ["[127.0.0.1]:9091", addressFix],
  ["[::1%lo\n]:9091", addressFix],
  ["unix:", pathFix],
  ["unix:metrics.sock", pathFix],
  ["unix:@abstract", pathFix],
  ["unix:/run/", pathFix],
  ["unix:/run/a\0b", pathFix],
  [`unix:/${"x".repeat(107)}`, "the path of a socket has at most 107 bytes"],
])("%j is refused as no address", (text, fix) => {
  expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: "USAGE", object: text, fix }));
});
