import type { FlagTable } from "./flag-definition.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

/** Which hosts, and how they are reached. */
export const fleetHostFlags = {
  hosts: { group: "Hosts", common: true, value: "HOST,…", brief: "[USER@]HOST[:PORT] of each, as ssh takes them" },
  "hosts-file": { group: "Hosts", common: true, value: "FILE", brief: "the same as a file, one a line" },
  directory: {
    group: "Hosts",
    common: true,
    value: "DIR",
    brief: "where Corral is on them (~/.local/share/corral)",
  },
  node: { group: "Hosts", common: true, value: "PATH", brief: "Node on them (what is on PATH there)" },
  ssh: { group: "Hosts", value: "PROGRAM", brief: "the program that is called (CORRAL_SSH, or ssh)" },
  "ssh-option": { group: "Hosts", common: true, value: "KEY=VALUE", repeat: true, brief: "an option as of ssh -o" },
  parallel: { group: "Hosts", common: true, value: "N", brief: "hosts at the same time, 1 to 256 (16)" },
} as const satisfies FlagTable;

const outputFlags = {
  "dry-run": { group: "Output", common: true, brief: "look at the hosts, say what would be done, and do nothing" },
  json: { group: "Output", common: true, brief: "what came of each host as one JSON document" },
  quiet: { group: "Output", common: true, brief: "no progress on stderr" },
} as const satisfies FlagTable;

const serviceFlag = {
  systemd: {
    group: "Agent",
    common: true,
    value: "WHICH",
    choices: ["auto", "system", "user", "none"],
    brief: "system, user or none; auto: the system's where we are root",
  },
} as const satisfies FlagTable;

export const fleetDeployFlags = { ...fleetHostFlags, ...serviceFlag, ...outputFlags } as const satisfies FlagTable;

export const fleetStartFlags = {
  ...fleetHostFlags,
  listen: { group: "Agent", common: true, value: "HOST:PORT", brief: "where agents listen (0.0.0.0:7167)" },
  join: { group: "Agent", common: true, value: "HOST:PORT", brief: "they go to this controller instead" },
  policy: { group: "Agent", common: true, value: "FILE", brief: "what controllers may do there; see docs/fleet.md" },
  "agent-cert": {
    group: "Agent",
    common: true,
    value: "FILE",
    brief: "certificate of the agents; {host} in it is each host's name",
  },
  "agent-key": { group: "Agent", common: true, value: "FILE", brief: "its private key" },
  "agent-ca": { group: "Agent", value: "FILE", brief: "who signs the certificates that agents want to see" },
  ...serviceFlag,
  restart: { group: "Agent", common: true, brief: "end an agent that runs with other settings" },
  timeout: { group: "Agent", value: "DURATION", brief: "for an agent to be there, and to answer (30s)" },
  ...fleetSecurityFlags,
  ...outputFlags,
} as const satisfies FlagTable;

export const fleetStopFlags = {
  ...fleetHostFlags,
  timeout: { group: "Agent", common: true, value: "DURATION", brief: "until an agent is killed (20s)" },
  remove: { group: "Agent", common: true, brief: "remove what deploy has put there, too" },
  ...outputFlags,
} as const satisfies FlagTable;
