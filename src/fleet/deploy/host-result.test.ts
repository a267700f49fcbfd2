import { expect, test } from "vitest";
import { CorralError } from "../../report/index.ts";
import { callableAddress } from "./agent-address.ts";
import type { HostResult } from "./host-result.ts";
import { hostFailure, hostResult, hostsExit, hostsText } from "./host-result.ts";
import { inParallel } from "./in-parallel.ts";

const documentOf = (...hosts: readonly HostResult[]) =>
  ({ schema: "corral.fleet-hosts/1", action: "start", version: "1", dry_run: false, hosts }) as const;
const denied = new CorralError("FLEET_HOST", "denied", { found: "said", fix: "do it" });
const started = hostResult("a", 1234.4, {
  outcome: "started",
  release: "1-a",
  node: "v20.20.2",
  service: "process",
  pid: 7,
  agent: "a:7167",
  warnings: ["careful"],
});

test("the exit status is that of what came of the hosts, the weightiest first", () => {
  const connect = hostFailure("b", 0, "connect", denied);
  const copy = hostFailure("c", 0, "copy", denied);
  expect(
    [[started], [started, copy], [copy, connect, started]].map((hosts) => hostsExit(documentOf(...hosts))),
  ).toEqual([0, 1, 4]);
});

test("people are told every host, what went wrong with what to do, and the agents for the next command", () => {
  expect(hostsText(documentOf(started, hostFailure("bb", 0, "copy", denied)))).toBe(
    [
      "HOST  OUTCOME  RELEASE  NODE      SERVICE  PID  AGENT",
      "a     started  1-a      v20.20.2  process  7    a:7167",
      "bb    failed   -        -         -        -    -",
      "a: careful",
      "bb: copy: denied (said); do it",
      "1 of 2 hosts failed",
      "--agents a:7167",
      "",
    ].join("\n"),
  );
  expect(started.duration_sec).toBe(1.234);
});

test("an agent is called where it listens, or where ssh goes when that is everywhere", () => {
  expect([
    callableAddress("0.0.0.0:7167", "web1"),
    callableAddress("[::]:7200", "fd00::7"),
    callableAddress("10.0.0.7:7167", "web1"),
    callableAddress("127.0.0.1:7167", "127.0.0.1"),
    callableAddress("127.0.0.1:7167", "web1"),
  ]).toEqual(["web1:7167", "[fd00::7]:7200", "10.0.0.7:7167", "127.0.0.1:7167", null]);
});

test("no more than so many are worked on at once, and results stand in the order of the hosts", async () => {
  let [now, most] = [0, 0];
  const turns = [5, 1, 3, 2, 4];
  const results = await inParallel(turns, 2, async (count) => {
    now += 1;
    most = Math.max(most, now);
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
    now -= 1;
    return count * 10;
  });
  expect([results, most]).toEqual([[50, 10, 30, 20, 40], 2]);
});
