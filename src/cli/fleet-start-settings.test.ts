import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseHostList } from "../fleet/deploy/index.ts";
import { settingsOf } from "./fleet-start-settings.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-settings-"));
afterAll(() => rmSync(directory, { recursive: true }));
const policy = join(directory, "agent.yaml");
writeFileSync(policy, "scenarios: true\n");
const mistaken = join(directory, "mistaken.yaml");
writeFileSync(mistaken, "scenario: true\n");

const token = { tls: null, token: "correct-horse-battery-staple", insecure: false };
const open = { tls: null, token: null, insecure: true };
const targets = parseHostList("ops@web1:22,[::1]");
const loopback = { listen: "127.0.0.1:0" };

describe("what agents are started with", () => {
  test("is the same for all but for their names, and listens on every address unless something else is said", () => {
    const settings = [...settingsOf({ policy }, ["--allow-path", "/data"], open, targets).values()];
    const shared = {
      listen: "0.0.0.0:7167",
      join: null,
      token: null,
      policy: "scenarios: true\n",
      certificate: null,
      key: null,
      ca: null,
      insecure: true,
      flags: ["--allow-path", "/data"],
    };
    expect(settings).toEqual([
      { ...shared, name: "web1" },
      { ...shared, name: "::1" },
    ]);
  });

  test("may be secure on loopback without TLS, and anywhere with --insecure", () => {
    expect(settingsOf(loopback, [], token, targets).size).toBe(2);
    expect(settingsOf({ join: "controller" }, [], token, targets).size).toBe(2);
  });

  test.each([
    ["agents would listen on 0.0.0.0:7167 in plaintext", {}, [], token],
    ["everybody who reaches 127.0.0.1:0 could use the agents", loopback, [], { ...open, insecure: false }],
    ["--listen and --join are two ways to one controller", { ...loopback, join: "c" }, [], open],
    ["agents and who asks them must both speak TLS, or neither", { "agent-cert": "x", "agent-key": "x" }, [], token],
    ["--token-file does not come after --", {}, ["--token-file", "x"], open],
    ['"--allow-nothing" are no flags of corral agent', {}, ["--allow-nothing"], open],
    ['"--allow-path" are no flags of corral agent', {}, ["--allow-path"], open],
    ["scenario", { policy: mistaken }, [], open],
  ] as const)("is refused before a host is touched: %s", (message, flags, words, security) => {
    expect(() => settingsOf(flags, words, security, targets)).toThrow(message);
  });
});
