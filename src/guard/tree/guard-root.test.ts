import { expect, test } from "vitest";
import type { Hierarchy, HostCgroups } from "../../cgroup/index.ts";
import { guardHost } from "./guard-host.ts";
import { findGroup, findGuardRoot } from "./guard-root.ts";

const unified: Hierarchy = {
  version: 2,
  mountPoint: "/sys/fs/cgroup",
  controllers: ["cpu", "memory", "pids"],
  ownDirectory: "/sys/fs/cgroup",
  readOnly: false,
};
const host = (change: Partial<HostCgroups> = {}): HostCgroups => ({
  kind: "v2",
  hierarchies: [unified],
  unified,
  owner: { cpu: unified, memory: unified, pids: unified },
  ...change,
});

test("without a wish the root is where the original had it; what the host lacks is told", () => {
  expect(findGuardRoot(host(), null)).toMatchObject({
    directory: "/sys/fs/cgroup/agentcg",
    parent: "/sys/fs/cgroup",
    leaf: "agentcg",
    offered: ["memory", "cpu", "pids"],
    missing: ["io", "cpuset"],
  });
});

test("a wish counts from the root of the file system or from the mount", () => {
  const directories = ["/sys/fs/cgroup/a/b", "/a/b"].map((one) => findGuardRoot(host(), one).directory);
  expect(directories).toEqual(["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a/b"]);
});

test.each(["/", "a", "/a/../b", "/a//b", "/a b", "/sys/fs/cgroup/", "/a\nb"])(
  "%j cannot be the root group",
  (wanted) => {
    expect(() => findGuardRoot(host(), wanted)).toThrow(expect.objectContaining({ code: "USAGE" }));
  },
);

test.each([
  ["v1", "cgroup v1"],
  ["hybrid", "a hybrid of v1 and v2"],
  ["none", "no cgroup mount"],
] as const)("a host of kind %s is refused in one clear line", (kind, words) => {
  expect(() => findGuardRoot(host({ kind }), null)).toThrow(
    expect.objectContaining({
      code: "GUARD_HOST",
      message: `corral guard needs all controllers on cgroup v2; this host has ${words}`,
    }),
  );
});

test("another command speaks of itself, and of what it was given", () => {
  const memcg = { command: "corral memcg", what: "--high" };
  expect(() => findGroup(host({ kind: "v1" }), "/a", memcg)).toThrow(
    expect.objectContaining({ code: "GUARD_HOST", message: expect.stringMatching(/^corral memcg needs all/) }),
  );
  expect(() => findGroup(host(), "a", memcg)).toThrow(
    expect.objectContaining({ code: "USAGE", message: '--high cannot be "a"' }),
  );
  expect(() => findGroup(host(), "/no/such", memcg)).toThrow(
    expect.objectContaining({ code: "CGROUP_IO", message: '--high: there is no group "/sys/fs/cgroup/no/such"' }),
  );
});

test("a read-only mount is refused", () => {
  expect(() => findGuardRoot(host({ unified: { ...unified, readOnly: true } }), null)).toThrow(
    expect.objectContaining({ code: "GUARD_HOST" }),
  );
});

test("only a benchmark that asks for it gets the v2 mount of a hybrid host, and then no controller of v1", () => {
  const bare: Hierarchy = { ...unified, mountPoint: "/sys/fs/cgroup/unified", controllers: [] };
  const memory: Hierarchy = { ...unified, version: 1, mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"] };
  const hybrid = host({ kind: "hybrid", hierarchies: [memory, bare], unified: bare, owner: { memory } });
  const asked = { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" };
  for (const environment of [{}, { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "yes" }])
    expect(guardHost(hybrid, environment)).toBe(hybrid);
  expect(guardHost(hybrid, asked)).toEqual({ kind: "v2", hierarchies: [bare], unified: bare, owner: {} });
  expect(findGuardRoot(guardHost(hybrid, asked), null)).toMatchObject({
    directory: "/sys/fs/cgroup/unified/agentcg",
    offered: [],
    missing: ["memory", "cpu", "pids", "io", "cpuset"],
  });
  for (const kind of ["v1", "none"] as const) expect(guardHost(host({ kind }), asked).kind).toBe(kind);
});
