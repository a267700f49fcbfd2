import { describe, expect, test } from "vitest";
import type { Controller, Hierarchy, HostCgroups } from "../cgroup/index.ts";
import { judgeController, judgeControllers } from "./controllers.ts";
import { judgeLimits, summarizeLimits } from "./limits.ts";
import type { Place, Places } from "./places.ts";

const names: readonly Controller[] = ["cpu", "cpuset", "memory", "io", "pids"];

const hierarchy = (version: 1 | 2, mountPoint: string, held: readonly Controller[]): Hierarchy => ({
  version,
  mountPoint,
  controllers: held,
  ownDirectory: `${mountPoint}/own`,
  readOnly: false,
});

const unified = hierarchy(2, "/cg", names);
const v2: HostCgroups = {
  kind: "v2",
  hierarchies: [unified],
  unified,
  owner: Object.fromEntries(names.map((name) => [name, unified])),
};
const separate = names.map((name) => hierarchy(1, `/cg/${name}`, [name]));
const v1: HostCgroups = {
  kind: "v1",
  hierarchies: separate,
  unified: null,
  owner: Object.fromEntries(separate.map((one) => [one.controllers[0], one])),
};

function placesOf(host: HostCgroups, change: Partial<Place>): Places {
  const byController = new Map<Controller, Place>();
  for (const controller of names) {
    const owner = host.owner[controller];
    if (owner === undefined) continue;
    const place = {
      hierarchy: owner,
      parent: owner.ownDirectory,
      stepAside: false,
      attempt: null,
      reason: null,
      denied: false,
    };
    byController.set(controller, { ...place, ...change });
  }
  return { byController, tracking: null };
}

const denied: Partial<Place> = { parent: null, reason: "no permission", denied: true };
const bfq = [{ name: "sda", device: "8:0", scheduler: "bfq", iocost: false }];

describe("a controller", () => {
  test("that may be used names its hierarchy and the parent of a job's group", () => {
    expect(judgeController("pids", placesOf(v1, {}).byController.get("pids"), "none")).toEqual({
      group: "controllers",
      name: "pids",
      status: "yes",
      found: "v1; groups go into /cg/pids/own",
      probe: "/proc/self/cgroup; access(2) of the group",
      consequence: "--pids-max is held by the kernel",
      facts: {
        version: 1,
        mount: "/cg/pids",
        own_group: "/cg/pids/own",
        parent: "/cg/pids/own",
        writable: true,
        denied: false,
        reason: null,
      },
    });
  });

  test("that is denied says so, and what stands in", () => {
    expect(judgeController("cpu", placesOf(v1, denied).byController.get("cpu"), "none")).toMatchObject({
      status: "no",
      found: "v1 at /cg/cpu; denied: no permission",
      consequence: "--cpu-weight becomes a nice value; --cpu-quota, --cpu-burst and --cpu-idle cannot be enforced",
      facts: { writable: false, denied: true },
    });
  });

  test("that is denied may still be had through systemd", () => {
    expect(judgeController("pids", placesOf(v2, denied).byController.get("pids"), "asked")).toMatchObject({
      status: "partly",
      consequence: "systemd is asked for a delegated scope; then --pids-max is held by the kernel",
    });
  });

  test("that no hierarchy has is listed when a run has limits for it", () => {
    const none: Places = { byController: new Map(), tracking: null };
    expect(judgeControllers(none, "none").map(({ name, status }) => [name, status])).toEqual(
      names.map((name) => [name, "no"]),
    );
  });
});

describe("limits", () => {
  const named = (status: string, facts: Parameters<typeof judgeLimits>[0]): string[] =>
    judgeLimits(facts)
      .filter((verdict) => verdict.status === status)
      .map(({ name, mechanism }) => `${name}: ${mechanism}`);

  test("are all enforced on cgroup v2 with a disk that weighs", () => {
    const facts = { cgroups: v2, disks: bfq, places: placesOf(v2, {}), scope: "none" as const };
    expect(judgeLimits(facts).filter(({ status }) => status !== "applied")).toEqual([]);
  });

  test("that v1 has no control for are named, soft ones as weaker", () => {
    const facts = { cgroups: v1, disks: bfq, places: placesOf(v1, {}), scope: "none" as const };
    expect(named("degraded", facts)).toEqual(["memory-high: memory.soft_limit_in_bytes"]);
    expect(named("not_enforceable", facts)).toEqual([
      "cpuset-partition: null",
      "memory-min: null",
      "memory-low: null",
      "zswap-max: null",
      "oom-group: null",
      "io-latency: null",
    ]);
  });

  test("without a group leave three stand-ins and the reason", () => {
    const facts = { cgroups: v1, disks: bfq, places: placesOf(v1, denied), scope: "none" as const };
    expect(named("applied", facts)).toEqual([]);
    expect(named("degraded", facts)).toEqual(["cpu-weight: nice", "cpuset: sched_setaffinity", "io-weight: ionice"]);
    expect(judgeLimits(facts).find(({ name }) => name === "pids-max")?.reason).toBe("no permission");
  });

  test("are enforced through systemd where it can be asked for a scope", () => {
    const facts = { cgroups: v2, disks: bfq, places: placesOf(v2, denied), scope: "asked" as const };
    expect(judgeLimits(facts).every(({ status }) => status === "applied")).toBe(true);
  });

  test("an io weight needs a disk that weighs", () => {
    const facts = { cgroups: v2, disks: [], places: placesOf(v2, {}), scope: "none" as const };
    expect(named("not_enforceable", facts)).toEqual(["io-weight: ionice"]);
  });

  test("a file that the group did not have is a limit that this kernel lacks", () => {
    const attempt = { made: true, files: new Set(["io.max", "io.weight", "io.stat"]), rtRuntimeUs: null } as const;
    const disks = [{ name: "sda", device: "8:0", scheduler: "none", iocost: true }];
    const facts = { cgroups: v2, disks, places: placesOf(v2, { attempt }), scope: "none" as const };
    expect(judgeLimits(facts).filter(({ status }) => status !== "applied")).toEqual([
      { name: "io-latency", status: "not_enforceable", mechanism: null, reason: "this kernel has no io.latency" },
    ]);
  });

  test("are summed up in one sentence", () => {
    const verdict = { mechanism: null, reason: null };
    expect(
      summarizeLimits(1000, [
        { ...verdict, name: "a", status: "applied" },
        { ...verdict, name: "b", status: "degraded", mechanism: "nice" },
      ]),
    ).toBe("For uid 1000, corral run enforces here: a; in a weaker form: b (nice); not at all: nothing");
  });
});
