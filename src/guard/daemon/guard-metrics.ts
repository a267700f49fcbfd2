import { counterNames } from "../../cgroup/cpu/index.ts";
import type { Health, MetricFamily, Sample } from "../../run/metrics/index.ts";
import { healthStatuses } from "../../run/metrics/index.ts";
import type { WarmMovesStatus } from "../../run/moves/index.ts";
import type { MemoryStatus, SessionDocument } from "../model/index.ts";
import { cpuBackends } from "../model/index.ts";
import type { CpuFacts } from "./guard-cpu.ts";

/** What a guard tells of itself. */
export interface GuardMetrics {
  /** Wall clock of its start, seconds since 1970. */
  readonly startTimeSec: number;
  readonly health: Health;
  readonly cpu: CpuFacts;
  readonly warmMoves: WarmMovesStatus;
  readonly sessions: readonly SessionDocument[];
  readonly memory: MemoryStatus;
}

const sample = (value: number, labels: Sample["labels"] = {}): Sample => ({ suffix: "", labels, value });

const perSession =
  (value: (session: SessionDocument) => number | null) =>
  ({ sessions }: GuardMetrics): readonly Sample[] =>
    sessions.flatMap((one) => {
      const found = value(one);
      return found === null ? [] : [sample(found, { session: one.name, class: one.class })];
    });

const labels = ["session", "class"] as const;

/** The metrics of the guard. */
export const guardFamilies = {
  corral_guard_start_time_seconds: {
    type: "gauge",
    labels: [],
    help: "When this guard was started, seconds since 1970.",
    samples: ({ startTimeSec }) => [sample(startTimeSec)],
  },
  corral_guard_health: {
    type: "gauge",
    labels: ["status"],
    help: "1 for what the guard says of itself, as /healthz does; 0 for the rest.",
    samples: ({ health }) => healthStatuses.map((status) => sample(Number(health.status === status), { status })),
  },
  corral_guard_cpu_backend: {
    type: "gauge",
    labels: ["backend"],
    help: "1 for who gives out the sessions' CPU time now: fair, the kernel's own scheduler, or scx, Corral's.",
    samples: ({ cpu }) => cpuBackends.map((backend) => sample(Number(cpu.backend === backend), { backend })),
  },
  corral_guard_scheduler_fallbacks_total: {
    type: "counter",
    labels: ["kind"],
    help: "How often the scx scheduler could not be loaded, or ended, so that the kernel's own had its tasks.",
    samples: ({ cpu }) => Object.entries(cpu.fallbacks).map(([kind, count]) => sample(count, { kind })),
  },
  corral_guard_scheduler_events_total: {
    type: "counter",
    labels: ["counter"],
    help: "Counters of the scx scheduler that is loaded, or was last; from 0 when it is loaded.",
    samples: ({ cpu: { counters } }) =>
      counters === null ? [] : counterNames.map((counter) => sample(counters[counter], { counter })),
  },
  corral_guard_moves_total: {
    type: "counter",
    labels: [],
    help: "Moves of processes into groups, by rules, at their own request, and of tool calls.",
    samples: ({ warmMoves: { moves } }) => [sample(moves)],
  },
  corral_guard_move_seconds: {
    type: "gauge",
    labels: ["lock"],
    help: "What a move takes, the newest counting most, by whether the kernel's lock on moves was cold or warm.",
    samples: ({ warmMoves: { cold_move_ms, warm_move_ms } }) =>
      [
        { lock: "cold", ms: cold_move_ms },
        { lock: "warm", ms: warm_move_ms },
      ].flatMap(({ lock, ms }) => (ms === null ? [] : [sample(ms / 1000, { lock })])),
  },
  corral_guard_warm_moves: {
    type: "gauge",
    labels: [],
    help: "1 while the kernel's lock on moves is kept warm.",
    samples: ({ warmMoves: { period_ms } }) => [sample(Number(period_ms !== null))],
  },
  corral_guard_warm_moves_cpu_seconds_total: {
    type: "counter",
    labels: [],
    help: "CPU time that keeping the lock warm has taken.",
    samples: ({ warmMoves: { cpu_ms } }) => [sample(cpu_ms / 1000)],
  },
  corral_guard_session_processes: {
    type: "gauge",
    labels,
    help: "Processes in the session.",
    samples: perSession(({ processes }) => processes),
  },
  corral_guard_session_memory_bytes: {
    type: "gauge",
    labels,
    help: "Memory charged to the session.",
    samples: perSession(({ memory_bytes }) => memory_bytes),
  },
  corral_guard_session_frozen: {
    type: "gauge",
    labels,
    help: "1 while the session is frozen.",
    samples: perSession(({ frozen }) => Number(frozen)),
  },
  corral_guard_session_frozen_seconds_total: {
    type: "counter",
    labels,
    help: "Time for which the session has been frozen.",
    samples: perSession(({ frozen_ms }) => frozen_ms / 1000),
  },
} as const satisfies Readonly<Record<string, MetricFamily<GuardMetrics>>>;
