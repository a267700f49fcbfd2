import { describe, expect, test } from "vitest";
import type { Controller, Hierarchy } from "../cgroup/index.ts";
import { parseKernelConfig } from "./kernel-config.ts";
import { judgeAutogroup, judgeRealtime } from "./scheduling.ts";
import { judgeLayout, judgeNamespaces, judgeNode, judgeStartUp } from "./system.ts";

const hierarchy = (version: 1 | 2, mountPoint: string, controllers: readonly Controller[]): Hierarchy => ({
  version,
  mountPoint,
  controllers,
  ownDirectory: mountPoint,
  readOnly: false,
});
const cpu = hierarchy(1, "/cg/cpu", ["cpu"]);
const unified = hierarchy(2, "/cg/unified", ["memory", "pids"]);
const empty = hierarchy(2, "/cg/unified", []);

describe("the cgroup layout", () => {
  test.each([
    ["hybrid", [cpu, unified], "partly", "hybrid: v1 has cpu; v2 at /cg/unified has memory, pids"],
    ["hybrid", [cpu, empty], "partly", "hybrid: v1 has cpu; v2 at /cg/unified has none"],
    ["v1", [cpu], "partly", "v1 has cpu"],
    ["v2", [unified], "yes", "v2 at /cg/unified has memory, pids"],
    ["none", [], "no", "no cgroup mount"],
  ] as const)("%s of %j is %s", (kind, hierarchies, status, found) => {
    const v2 = hierarchies.find(({ version }) => version === 2) ?? null;
    expect(judgeLayout({ kind, hierarchies, unified: v2, owner: {} })).toMatchObject({ status, found });
  });
});

describe("namespaces", () => {
  test("that are the host's own are no restriction", () => {
    expect(judgeNamespaces({ pid: true, user: true, cgroup: true })).toMatchObject({
      status: "yes",
      found: "the host's own pid, user and cgroup namespaces",
    });
  });

  test("of a container are named with what each forbids", () => {
    expect(judgeNamespaces({ pid: false, user: false, cgroup: true })).toMatchObject({
      status: "partly",
      found: "in an own pid, user namespace",
      consequence:
        "pids are the container's and the proc connector is closed; capabilities count only inside it: no BPF, no sched_ext",
    });
  });

  test("that cannot be seen are unknown", () => {
    expect(judgeNamespaces({ pid: null, user: true, cgroup: true }).status).toBe("unknown");
  });
});

describe("Node", () => {
  test.each([
    ["v20.20.0", "yes"],
    ["v24.0.0", "yes"],
    ["v20.19.9", "no"],
    ["v18.20.0", "no"],
  ])("%s is supported: %s", (version, status) => {
    expect(judgeNode(version).status).toBe(status);
  });

  test("starts slowly when NODE_EXTRA_CA_CERTS is set", () => {
    expect(judgeStartUp(undefined).status).toBe("yes");
    expect(judgeStartUp("")).toMatchObject({ status: "yes", facts: { extra_ca_certs: null } });
    expect(judgeStartUp("/a b.pem")).toMatchObject({ status: "partly", found: 'NODE_EXTRA_CA_CERTS="/a b.pem"' });
  });
});

describe("scheduling", () => {
  test.each([
    ["1", "partly", "on"],
    ["0", "yes", "off"],
    [null, "yes", "not in this kernel"],
  ])("autogroup %j is %s", (text, status, found) => {
    expect(judgeAutogroup(text)).toMatchObject({ status, found });
  });

  const config = (text: string) => parseKernelConfig("/proc/config.gz", text);

  test("a kernel configuration tells set, unset and valued options apart", () => {
    const { get } = config("# CONFIG_A is not set\nCONFIG_AB=y\nCONFIG_HZ=250\n");
    expect([get("A"), get("AB"), get("HZ")]).toEqual([null, "y", "250"]);
  });

  test.each([
    ["0", null, "partly", "a new group has cpu.rt_runtime_us 0"],
    ["950000", null, "yes", "a new group has cpu.rt_runtime_us 950000"],
    [null, config("CONFIG_RT_GROUP_SCHED=y"), "partly", "CONFIG_RT_GROUP_SCHED is on"],
    [null, config("# CONFIG_RT_GROUP_SCHED is not set"), "yes", "CONFIG_RT_GROUP_SCHED is off"],
    [null, null, "unknown", "not told"],
  ])("a realtime budget: case %#", (budget, kernel, status, found) => {
    expect(judgeRealtime(budget, kernel)).toMatchObject({ status, found });
  });
});
