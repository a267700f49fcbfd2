import type { Limits } from "../../cgroup/index.ts";
import { describeLimit } from "../../cgroup/index.ts";
import type { Tenant } from "./config-types.ts";
import { wordOfLimit } from "./limit-words.ts";
import type { SessionClass } from "./session-class.ts";
import { sessionClasses } from "./session-class.ts";
import type { SessionSpec } from "./session-settings.ts";

/** How much of something a limit lets its session have, so that two can be compared; more is better for the session. */
type Measure = (limits: Limits) => number | undefined;

const amount = (value: number | "max" | undefined): number | undefined =>
  value === "max" ? Number.POSITIVE_INFINITY : value;

const measured = {
  cpuMax: ({ cpuMax }) => (cpuMax === undefined ? undefined : (amount(cpuMax.quotaUs) as number) / cpuMax.periodUs),
  cpuBurstUs: ({ cpuBurstUs }) => cpuBurstUs,
  cpuWeight: ({ cpuWeight }) => cpuWeight,
  memoryMin: ({ memoryMin }) => amount(memoryMin),
  memoryLow: ({ memoryLow }) => amount(memoryLow),
  memoryHigh: ({ memoryHigh }) => amount(memoryHigh),
  memoryMax: ({ memoryMax }) => amount(memoryMax),
  swapMax: ({ swapMax }) => amount(swapMax),
  zswapMax: ({ zswapMax }) => amount(zswapMax),
  ioWeight: ({ ioWeight }) => ioWeight,
  pidsMax: ({ pidsMax }) => amount(pidsMax),
} as const satisfies { readonly [K in keyof Limits]?: Measure };

/** What protects a session from others: none of it, unless the tenant's entry says how much. */
const protections: Limits = { memoryMin: 0, memoryLow: 0 };

/** Settings that only who runs the host may choose, because they take from others what they give. */
const reserved = ["cpusetCpus", "cpusetMems", "ioMax", "ioLatency"] as const satisfies readonly (keyof Limits)[];

/** What a tenant's session stays within: his own ceilings, over what the class of the session brings. */
const boundsOf = (of: SessionClass, { ceilings }: Tenant): Limits => ({
  ...protections,
  cpuWeight: sessionClasses[of].cpuWeight,
  ioWeight: 100,
  ...ceilings,
});

/** A session within its tenant's bounds, or every reason why it cannot be. */
export type Bounded = { readonly spec: SessionSpec } | { readonly refused: readonly string[] };

/**
 * Holds the wishes of a tenant against his bounds. What he does not ask for gets the ceiling; what he asks for above it is
 * refused, never lowered silently.
 */
export function boundToTenant(spec: SessionSpec, tenant: Tenant): Bounded {
  const bounds = boundsOf(spec.class, tenant);
  const refused: string[] = [];
  if (sessionClasses[spec.class].rank > sessionClasses[tenant.class].rank)
    refused.push(`class ${spec.class} is above ${tenant.class}, the best of this tenant`);
  const limits: { -readonly [K in keyof Limits]: unknown } = { ...spec.limits };
  for (const [key, measure] of Object.entries(measured) as [keyof typeof measured, Measure][]) {
    const most = measure(bounds);
    if (most === undefined) continue;
    const asked = measure(spec.limits);
    if (asked !== undefined && asked > most)
      refused.push(
        `${wordOfLimit(key)} ${describeLimit(key, spec.limits)} is above the ceiling of this tenant, ${describeLimit(key, bounds)}`,
      );
    if (asked === undefined && tenant.ceilings[key] !== undefined) limits[key] = tenant.ceilings[key];
  }
  for (const key of reserved) {
    if (spec.limits[key] !== undefined) refused.push(`${wordOfLimit(key)} is not for tenants to choose`);
    if (tenant.ceilings[key] !== undefined) limits[key] = tenant.ceilings[key];
  }
  return refused.length > 0 ? { refused } : { spec: { ...spec, limits: limits as SessionSpec["limits"] } };
}
