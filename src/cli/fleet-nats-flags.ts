import { CorralError } from "../report/index.ts";
import type { FlagTable, RawFlags } from "./flag-definition.ts";

/** Where controllers and agents meet at a broker. */
export const fleetNatsFlags = {
  nats: {
    group: "Broker",
    common: true,
    value: "URL",
    brief: "meet at a broker: nats://HOST or tls://HOST; see docs/fleet-nats.md",
  },
  fleet: { group: "Broker", value: "NAME", brief: "with --nats: which fleet, of those that share it (default)" },
  "nats-creds": { group: "Broker", value: "FILE", brief: "with --nats: a file of credentials, or an nkey's seed" },
} as const satisfies FlagTable;

/** Also for controllers: who is there. */
export const fleetExpectFlag = {
  expect: { group: "Broker", common: true, value: "N", brief: "with --nats: wait for N agents, and take who is there" },
} as const satisfies FlagTable;

/** What is for brokers does nothing without one. @throws CorralError USAGE */
export function refuseWithoutBroker(flags: Partial<RawFlags<typeof fleetNatsFlags & typeof fleetExpectFlag>>): void {
  if (flags.nats !== undefined) return;
  const stray = (["fleet", "nats-creds", "expect"] as const).find((flag) => flags[flag] !== undefined);
  if (stray === undefined) return;
  throw new CorralError("USAGE", `--${stray} is for --nats`, {
    object: `--${stray}`,
    fix: "leave it out, or add --nats",
  });
}
