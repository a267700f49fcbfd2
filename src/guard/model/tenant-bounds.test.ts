import { expect, test } from "vitest";
import type { Limits } from "../../cgroup/index.ts";
import type { Tenant } from "./config-types.ts";
import type { SessionClass } from "./session-class.ts";
import { plainTools, sessionLimits } from "./session-settings.ts";
import { boundToTenant } from "./tenant-bounds.ts";

const gib = 2 ** 30;

const wish = (of: SessionClass, limits: Limits) => ({
  name: "s",
  class: of,
  owner: 1000,
  limits: sessionLimits(of, limits),
  tools: plainTools,
  ttlMs: null,
  origin: "client" as const,
});

const tenant: Tenant = {
  uid: 1000,
  class: "normal",
  mostSessions: 4,
  ceilings: { memoryMax: 2 * gib, cpuMax: { quotaUs: 200_000, periodUs: 100_000 } },
};

test("what a tenant does not ask for gets his ceiling", () => {
  expect(boundToTenant(wish("low", { memoryMax: gib }), tenant)).toEqual({
    spec: wish("low", { memoryMax: gib, cpuMax: { quotaUs: 200_000, periodUs: 100_000 } }),
  });
});

const above: readonly (readonly [SessionClass, Limits, string])[] = [
  ["high", {}, "class high is above normal, the best of this tenant"],
  ["normal", { memoryMax: 3 * gib }, "memory-max 3 GiB is above the ceiling of this tenant, 2 GiB"],
  ["normal", { memoryMax: "max" }, "memory-max max is above the ceiling of this tenant, 2 GiB"],
  [
    "normal",
    { cpuMax: { quotaUs: "max", periodUs: 100_000 } },
    "cpu-quota max is above the ceiling of this tenant, 200% (200000 us per 100000 us)",
  ],
  [
    "normal",
    { cpuMax: { quotaUs: 30_000, periodUs: 10_000 } },
    "cpu-quota 300% (30000 us per 10000 us) is above the ceiling of this tenant, 200% (200000 us per 100000 us)",
  ],
  ["low", { cpuWeight: 51 }, "cpu-weight 51 is above the ceiling of this tenant, 50"],
  ["low", { ioWeight: 101 }, "io-weight 101 is above the ceiling of this tenant, 100"],
  ["low", { memoryLow: 1 }, "memory-low 1 B is above the ceiling of this tenant, 0 B"],
  ["low", { memoryMin: "max" }, "memory-min max is above the ceiling of this tenant, 0 B"],
  ["low", { cpusetCpus: "0" }, "cpuset is not for tenants to choose"],
  ["low", { ioLatency: [{ device: "8:0", targetUs: 1 }] }, "io-latency is not for tenants to choose"],
];

test.each(above)("a wish of class %s with %j is refused, not lowered", (of, limits, why) => {
  expect(boundToTenant(wish(of, limits), tenant)).toEqual({ refused: [why] });
});

test("a tenant may be given protection, within its amount", () => {
  const trusted = { ...tenant, ceilings: { memoryLow: gib } };
  expect(boundToTenant(wish("normal", { memoryLow: gib }), trusted)).toHaveProperty("spec");
  expect(boundToTenant(wish("normal", { memoryLow: gib + 1 }), trusted)).toHaveProperty("refused");
});
