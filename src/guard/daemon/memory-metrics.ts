import type { MetricFamily, Sample } from "../../run/metrics/index.ts";
import type { GuardMetrics } from "./guard-metrics.ts";

const known = (value: number | null): readonly Sample[] => (value === null ? [] : [{ suffix: "", labels: {}, value }]);

/** The metrics of the protection of memory. */
export const memoryFamilies = {
  corral_guard_memory_limit_bytes: {
    type: "gauge",
    labels: [],
    help: "Memory that there is for all sessions: the tightest limit above them, or the host's.",
    samples: ({ memory }) => known(memory.limit_bytes),
  },
  corral_guard_memory_headroom_bytes: {
    type: "gauge",
    labels: [],
    help: "What of it can still be had, page cache that can go included.",
    samples: ({ memory }) => known(memory.headroom_bytes),
  },
  corral_guard_memory_decisions_total: {
    type: "counter",
    labels: ["action"],
    help: "Steps of the protection of memory.",
    samples: ({ memory }) =>
      Object.entries(memory.decisions).map(([action, value]) => ({ suffix: "", labels: { action }, value })),
  },
  corral_guard_session_memory_held: {
    type: "gauge",
    labels: ["session", "stage"],
    help: "1 while a session is on a leash, is clamped, is being frozen, or is frozen for the sake of a better class.",
    samples: ({ sessions }) =>
      sessions.flatMap(({ name, memory_stage: stage }) =>
        stage === null ? [] : [{ suffix: "", labels: { session: name, stage }, value: 1 }],
      ),
  },
} as const satisfies Readonly<Record<string, MetricFamily<GuardMetrics>>>;
