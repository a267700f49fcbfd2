import type { FlagTable } from "./flag-definition.ts";

/** How a controller and agents know each other, as seen by who calls. */
export const fleetCallerFlags = {
  "token-file": { group: "Security", value: "FILE", brief: "the token that agents want" },
  tls: { group: "Security", brief: "TLS with the system's authorities" },
  "tls-ca": { group: "Security", value: "FILE", brief: "TLS; certificates of who signs those of agents" },
  "tls-cert": { group: "Security", value: "FILE", brief: "the certificate that agents are shown" },
  "tls-key": { group: "Security", value: "FILE", brief: "its key" },
  "server-name": { group: "Security", value: "NAME", brief: "the name that agents' certificates are for" },
  insecure: { group: "Security", brief: "plaintext over a network" },
} as const satisfies FlagTable;

export const fleetRunFlags = {
  config: { group: "Run", common: true, value: "FILE", brief: "the run as a file of YAML" },
  agents: {
    group: "Run",
    common: true,
    value: "LIST",
    brief: "HOST[:PORT] of every agent, separated by commas (7167); before the file's",
  },
  name: { group: "Run", common: true, value: "NAME", brief: "what the run is called (the file's name)" },
  "min-agents": {
    group: "Run",
    common: true,
    value: "N|N%",
    brief: "with fewer left, end a run that has begun for all (1)",
  },
  threshold: {
    group: "Run",
    common: true,
    value: "TEXT",
    repeat: true,
    brief: "what the run must reach: 'p99_us < 5000', 'error_rate < 0.1%'",
  },
  "start-delay": {
    group: "Run",
    common: true,
    value: "DURATION",
    brief: "from the last agent that is ready to the common start (10s)",
  },
  results: { group: "Output", common: true, value: "DIR", brief: "where the directory of results is made (.)" },
  "dry-run": { group: "Output", common: true, brief: "say what every agent would be told, and call nobody" },
  json: { group: "Output", common: true, brief: "the status as one JSON document on stdout" },
  "json-lines": { group: "Output", common: true, brief: "events and, every second, figures as JSON lines on stdout" },
  listen: { group: "Output", common: true, value: "ADDRESS:PORT", brief: "serve /metrics for Prometheus while it runs" },
  quiet: { group: "Output", common: true, brief: "nothing on stderr while it runs" },
  ...fleetCallerFlags,
} as const satisfies FlagTable;
