import type { FlagTable } from "./flag-definition.ts";
import { fleetNatsFlags } from "./fleet-nats-flags.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

export const agentFlags = {
  listen: {
    group: "Agent",
    common: true,
    value: "HOST:PORT",
    brief: "where controllers call (127.0.0.1:7167); port 0 is any",
  },
  join: {
    group: "Agent",
    common: true,
    value: "HOST:PORT",
    brief: "go to a controller instead, and come again after each run",
  },
  name: {
    group: "Agent",
    common: true,
    value: "NAME",
    brief: "with --join or --nats: what controllers call it (the host's name)",
  },
  ...fleetNatsFlags,
  policy: { group: "Allowed", common: true, value: "FILE", brief: "what controllers may do here; see docs/fleet.md" },
  "allow-command": {
    group: "Allowed",
    common: true,
    value: "GLOB",
    repeat: true,
    brief: "a program that may run, by its whole path",
  },
  "allow-path": {
    group: "Allowed",
    common: true,
    value: "GLOB",
    repeat: true,
    brief: "a file or directory that configurations may name",
  },
  "allow-environment": {
    group: "Allowed",
    value: "GLOB",
    repeat: true,
    brief: "a variable that configurations may set",
  },
  "allow-url": { group: "Allowed", value: "GLOB", repeat: true, brief: "a URL that load may be put on" },
  "allow-scenarios": { group: "Allowed", common: true, brief: "scenarios, which make groups and load as they like" },
  "allow-all": { group: "Allowed", brief: "everything: whoever calls has the rights of the agent" },
  user: { group: "Allowed", common: true, value: "USER", brief: "whom workloads run as (the agent's own user)" },
  ...fleetSecurityFlags,
  "start-timeout": { group: "Time", value: "DURATION", brief: "from a stream to its first message (30s)" },
  "prepare-timeout": { group: "Time", value: "DURATION", brief: "for preparing; none: as long as it takes (30s)" },
  "ready-timeout": { group: "Time", value: "DURATION", brief: "from ready to the order to begin (60s)" },
  "report-interval": { group: "Time", value: "DURATION", brief: "between two reports of a workload (1s)" },
  "clock-offset": {
    group: "Time",
    value: "DURATION",
    brief: "pretend that the clock is ahead, or with - behind; for tests",
  },
  quiet: { group: "Output", common: true, brief: "no log on stderr" },
} as const satisfies FlagTable;
