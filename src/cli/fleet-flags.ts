import type { FlagTable } from "./flag-definition.ts";
import { fleetExpectFlag, fleetNatsFlags } from "./fleet-nats-flags.ts";
import { fleetSecurityFlags } from "./fleet-security-flags.ts";

export const fleetRunFlags = {
  config: { group: "Run", common: true, value: "FILE", brief: "the run as a file of YAML" },
  agents: {
    group: "Run",
    common: true,
    value: "LIST",
    brief: "HOST[:PORT] of every agent, separated by commas (port 7167)",
  },
  gate: {
    group: "Run",
    common: true,
    value: "HOST:PORT",
    brief: "agents come here (agent --join); --agents has their names",
  },
  ...fleetNatsFlags,
  ...fleetExpectFlag,
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
    brief: "what it must reach: 'p99_us < 5000', 'error_rate < 1%'",
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
  listen: {
    group: "Output",
    common: true,
    value: "ADDRESS:PORT",
    brief: "serve /metrics for Prometheus while it runs",
  },
  quiet: { group: "Output", common: true, brief: "nothing on stderr while it runs" },
  ...fleetSecurityFlags,
} as const satisfies FlagTable;

export const fleetAnalyzeFlags = {
  compare: { group: "Output", common: true, brief: "say what is different from the first run to each of the others" },
  html: {
    group: "Output",
    common: true,
    value: "FILE",
    brief: "the runs as a page that stands alone, rates and latencies drawn",
  },
  xlsx: {
    group: "Output",
    common: true,
    value: "FILE",
    brief: "the runs as a workbook for spreadsheets, a sheet for every table",
  },
  json: { group: "Output", common: true, brief: "statuses and results, or with --compare the comparison, as JSON" },
} as const satisfies FlagTable;
