import { describe, expect, test } from "vitest";
import { mergeTargets, parseHostFile, parseHostList, parseSshTarget } from "./ssh-target.ts";

describe("a host", () => {
  test.each([
    ["web1", null, "web1", null],
    ["web1.example.org:2222", null, "web1.example.org", 2222],
    ["ops@web-1", "ops", "web-1", null],
    ["ops@corp@web1:22", "ops@corp", "web1", 22],
    ["10.0.0.7", null, "10.0.0.7", null],
    ["root@[::1]:2200", "root", "::1", 2200],
    ["[fe80::1]", null, "fe80::1", null],
  ])("%s is user %s, host %s, port %s", (text, user, host, port) => {
    expect(parseSshTarget(text)).toEqual({ text, user, host, port });
  });

  // What ssh would take for a flag, or a shell for more than a word, is none.
  test.each([
    "",
    "-oProxyCommand=x",
    "a b",
    "a;b",
    "-x@web1",
    "web1:0",
    "web1:65536",
    "web1:",
    "::1",
    "[web1]",
    "$(x)",
    "a/b",
  ])("%j is none", (text) => {
    expect(parseSshTarget(text)).toBeNull();
  });
});

describe("hosts", () => {
  test("of a list stand in its order, without blanks", () => {
    expect(parseHostList("b, a,,c:1").map(({ text }) => text)).toEqual(["b", "a", "c:1"]);
  });

  test("of a list are refused with the word that is none, or that stands there twice", () => {
    expect(() => parseHostList("a,b!")).toThrow('--hosts: "b!" is no host');
    expect(() => parseHostList("a,b,a")).toThrow("--hosts names a twice");
  });

  test("of a file are one a line, with comments", () => {
    expect(parseHostFile("# ours\nweb1  # first\n\n  ops@web2:22\r\n", "hosts").map(({ text }) => text)).toEqual([
      "web1",
      "ops@web2:22",
    ]);
  });

  test("of a file are refused with the line", () => {
    expect(() => parseHostFile("a\n\nb c\n", "x/hosts")).toThrow('x/hosts:3: "b c" is no host');
    expect(() => parseHostFile("a\na\n", "x/hosts")).toThrow("x/hosts names a twice");
  });

  test("of both count once, and there must be one", () => {
    const merged = mergeTargets(parseHostList("a,b"), parseHostFile("b\nc\n", "f"));
    expect(merged.map(({ text }) => text)).toEqual(["a", "b", "c"]);
    expect(() => mergeTargets([], [])).toThrow("--hosts names the hosts");
  });
});
