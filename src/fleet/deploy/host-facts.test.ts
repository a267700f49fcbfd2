import { expect, test } from "vitest";
import { factsOf, lastOf, readTold } from "./host-facts.ts";

test("what a host tells is found among what its start-up files say", () => {
  const told = readTold("Welcome!\ncorral is fun\n\ncorral\treached\tyes\n\ncorral\tnode\t/a\tb\nnoise\ncorral\n");
  expect([...told]).toEqual([
    ["reached", ["yes"]],
    ["node", ["/a\tb"]],
  ]);
  expect([lastOf(told, "node"), lastOf(told, "agent")]).toEqual(["/a\tb", null]);
});

test("facts of a host are what it has told, and nothing where it told none", () => {
  const lines = [
    "system\tLinux",
    "machine\tx86_64",
    "kernel\t6.1.0",
    "uid\t1000",
    "directory\t/home/u/.local/share/corral",
    "node\t/usr/bin/node",
    "node_version\tv20.20.2",
    "writable\tyes",
    "free_kib\t2048",
    "lacking\tgzip",
    "release\t0.1.0-a",
    "release\t../../etc",
    "release\t0.1.0-b",
    "current\t0.1.0-a",
    "unit_system\tabc",
    "agent_pid\t12",
    "agent_release\t0.1.0-a",
    "agent_settings\tdef",
  ];
  expect(factsOf(readTold(lines.map((line) => `corral\t${line}`).join("\n")))).toEqual({
    system: "Linux",
    machine: "x86_64",
    kernel: "6.1.0",
    uid: 1000,
    directory: "/home/u/.local/share/corral",
    node: "/usr/bin/node",
    nodeVersion: "v20.20.2",
    freeBytes: 2 ** 21,
    writable: true,
    lacking: ["gzip"],
    releases: ["0.1.0-a", "0.1.0-b"],
    current: "0.1.0-a",
    systemd: false,
    systemdOfUser: false,
    units: { system: "abc", user: null },
    agent: { pid: 12, release: "0.1.0-a", settings: "def" },
  });
  const { node, freeBytes, writable, releases, agent } = factsOf(new Map());
  expect([node, freeBytes, writable, releases, agent]).toEqual([null, null, false, [], null]);
});
