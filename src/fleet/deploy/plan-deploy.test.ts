import { describe, expect, test } from "vitest";
import type { HostFacts } from "./host-facts.ts";
import type { PackageArchive } from "./package-archive.ts";
import { chooseService, deploySteps, planDeploy } from "./plan-deploy.ts";

const archive: PackageArchive = {
  version: "1.2.3",
  release: "1.2.3-new",
  bytes: Buffer.alloc(1000),
  sha256: "0",
  unpackedBytes: 4000,
  machines: ["x86_64"],
  oldestNode: [20, 20],
  unit: "[Unit]\nDescription=Corral\n[Service]\nExecStart=corral agent\n",
};
const facts: HostFacts = {
  system: "Linux",
  machine: "x86_64",
  kernel: "6.1.0",
  uid: 1000,
  directory: "/home/u/.local/share/corral",
  node: "/usr/bin/node",
  nodeVersion: "v20.20.0",
  freeBytes: 9000,
  writable: true,
  lacking: [],
  releases: [],
  current: null,
  systemd: false,
  systemdOfUser: false,
  units: { system: null, user: null },
  agent: null,
};
const withFacts = (more: Partial<HostFacts>, choice: Parameters<typeof planDeploy>[2] = "auto") =>
  planDeploy({ ...facts, ...more }, archive, choice);

describe("what a host needs", () => {
  test("is everything where nothing is", () => {
    const plan = withFacts({});
    expect(plan).toEqual({
      service: "process",
      node: "/usr/bin/node",
      copy: true,
      activate: true,
      unit: null,
      remove: [],
      warnings: [],
    });
    expect(deploySteps(plan)).toEqual(["copy", "activate"]);
  });

  test("is nothing where it is already, even without room", () => {
    const plan = withFacts({ releases: ["1.2.3-new"], current: "1.2.3-new", freeBytes: 0, writable: false });
    expect(deploySteps(plan)).toEqual([]);
  });

  test("is a switch where it was left in the middle", () => {
    expect(deploySteps(withFacts({ releases: ["old", "1.2.3-new"], current: "old" }))).toEqual(["activate"]);
  });

  test("makes room of releases, but for the one before and the one that an agent runs from", () => {
    const releases = ["oldest", "older", "before"];
    const agent = { pid: 7, release: "older", settings: "" };
    const plan = withFacts({ releases, current: "before", agent });
    expect(plan.remove).toEqual(["oldest"]);
    expect(plan.warnings).toEqual([
      "its agent still runs what was there before; corral fleet start --restart changes that",
    ]);
  });

  test("is a unit where systemd runs and we are root, once", () => {
    const root = { systemd: true, uid: 0 };
    const { unit } = withFacts(root);
    expect(unit?.path).toBe("/etc/systemd/system/corral-fleet-agent.service");
    const again = { ...root, units: { system: unit?.sha256 ?? "", user: null } };
    expect([withFacts(again).unit, withFacts(root, "none").unit]).toEqual([null, null]);
  });

  test("is told of with what is missing on another machine", () => {
    expect(withFacts({ machine: "riscv64" }).warnings).toEqual([
      "the package has no native pieces for riscv64; see corral doctor there",
    ]);
  });
});

describe("a host is refused", () => {
  const old = '/usr/bin/node" is v20.19.9, and Node 20.20 or newer is needed';
  const refusals: readonly (readonly [string, Partial<HostFacts>])[] = [
    ['its system is "Darwin"', { system: "Darwin" }],
    ["gzip, tar cannot be found there", { lacking: ["gzip", "tar"] }],
    ["there is no node on its PATH", { node: null, nodeVersion: null }],
    [old, { nodeVersion: "v20.19.9" }],
    ['says "sh: 1: not found" for its version', { nodeVersion: "sh: 1: not found" }],
    ["/home/u/.local/share/corral cannot be written", { writable: false }],
    ["8.8 KiB are free for /home/u/.local/share/corral, and 8.8 KiB are needed", { freeBytes: 8999 }],
  ];
  test.each(refusals)("with: %s", (message, more) => {
    expect(() => withFacts(more)).toThrow(message);
  });

  test("but not for a newer Node, nor for room that is not known", () => {
    for (const nodeVersion of ["v20.20.0", "v22.0.0", "v100.1.2"]) expect(withFacts({ nodeVersion }).copy).toBe(true);
    expect(withFacts({ freeBytes: null }).copy).toBe(true);
  });
});

test("what runs agents is what was asked for, if it is there", () => {
  const choose = (more: Partial<HostFacts>, choice: Parameters<typeof chooseService>[1]) => {
    try {
      return chooseService({ ...facts, ...more }, choice);
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };
  const [root, systemd, systemdOfUser] = [{ uid: 0 }, { systemd: true }, { systemdOfUser: true }];
  expect([
    choose({}, "auto"),
    choose({ ...root, ...systemd }, "auto"),
    choose({ ...systemd, ...systemdOfUser }, "auto"),
    choose({ ...root, ...systemd }, "none"),
    choose({ ...root, ...systemd }, "system"),
    choose(systemd, "system"),
    choose(root, "system"),
    choose(systemdOfUser, "user"),
    choose({}, "user"),
  ]).toEqual([
    "process",
    "system",
    "process",
    "process",
    "system",
    "a unit of the system takes root",
    "systemd does not run there",
    "user",
    "no systemd of the user answers",
  ]);
});
