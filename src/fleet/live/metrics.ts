import type { MetricFamily } from "../../run/metrics/index.ts";
import { sample } from "../../run/metrics/index.ts";
import { linkStates } from "../controller/index.ts";
import type { Operation } from "../model/index.ts";
import { operations } from "../model/index.ts";
import type { LiveView } from "./live-board.ts";

const eachKind = (value: (operation: Operation) => number | null) =>
  operations.flatMap((operation) => {
    const one = value(operation);
    return one === null ? [] : [sample(one, { operation })];
  });

const usToSec = (us: number | null): number | null => (us === null ? null : us / 1e6);

/** Every metric of a run that goes on, by name; docs/fleet.md is compared with this table by a test. */
export const fleetMetricFamilies = {
  corral_fleet_agents: {
    type: "gauge",
    labels: ["state"],
    help: "Agents of the run, by state.",
    samples: ({ states }) => linkStates.map((state) => sample(states[state], { state })),
  },
  corral_fleet_since_start_seconds: {
    type: "gauge",
    labels: [],
    help: "Since the last common start; below zero before it, absent while it is not known.",
    samples: ({ sinceStartMs }) => (sinceStartMs === null ? [] : [sample(sinceStartMs / 1000)]),
  },
  corral_fleet_operations_total: {
    type: "counter",
    labels: ["agent"],
    help: "Operations of the workload, or of the stage it is in, since the start.",
    samples: ({ agents }) => agents.map(({ agentId, operations: done }) => sample(done, { agent: agentId })),
  },
  corral_fleet_errors_total: {
    type: "counter",
    labels: ["agent"],
    help: "Operations that failed since the start.",
    samples: ({ agents }) => agents.map(({ agentId, errors }) => sample(errors, { agent: agentId })),
  },
  corral_fleet_operations_per_second: {
    type: "gauge",
    labels: ["operation"],
    help: "Rate of all agents together in the last span that each has told.",
    samples: ({ figures }) => eachKind((operation) => figures[operation].opsPerSec),
  },
  corral_fleet_bytes_per_second: {
    type: "gauge",
    labels: ["operation"],
    help: "Bytes that these operations moved.",
    samples: ({ figures }) => eachKind((operation) => figures[operation].bytesPerSec),
  },
  corral_fleet_latency_p50_seconds: {
    type: "gauge",
    labels: ["operation"],
    help: "Median latency in those spans, of all agents added up.",
    samples: ({ figures }) => eachKind((operation) => usToSec(figures[operation].p50Us)),
  },
  corral_fleet_latency_p99_seconds: {
    type: "gauge",
    labels: ["operation"],
    help: "99th percentile of the latency in those spans, of all agents added up.",
    samples: ({ figures }) => eachKind((operation) => usToSec(figures[operation].p99Us)),
  },
  corral_fleet_stragglers: {
    type: "gauge",
    labels: [],
    help: "Agents that do less than half of what the agent in the middle does, or whose report is late.",
    samples: ({ agents }) => [sample(agents.filter(({ isStraggler }) => isStraggler).length)],
  },
} as const satisfies Readonly<Record<string, MetricFamily<LiveView>>>;
