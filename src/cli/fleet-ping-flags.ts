import type { FlagTable } from "./flag-definition.ts";
import { fleetExpectFlag, fleetNatsFlags } from "./fleet-nats-flags.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

export const fleetPingFlags = {
  agents: {
    group: "Agents",
    common: true,
    value: "HOST[:PORT],…",
    brief: "whom to ask; the port is 7167 when it is left out",
  },
  ...fleetNatsFlags,
  ...fleetExpectFlag,
  timeout: { group: "Agents", common: true, value: "DURATION", brief: "for all answers of one agent (5s)" },
  exchanges: { group: "Agents", value: "N", brief: "pings that a clock is estimated from, 1 to 1000 (8)" },
  ...fleetSecurityFlags,
  json: { group: "Output", common: true, brief: "the answers as one JSON document" },
} as const satisfies FlagTable;
