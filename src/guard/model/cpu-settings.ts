import * as v from "valibot";
import type { CpuBackendName, CpuBoost, SchedulerOptions } from "../../cgroup/cpu/index.ts";
import { defaultSchedulerOptions, parseBoost } from "../../cgroup/cpu/index.ts";
import { described, expects, section, truth, wholeNumber, written } from "../../report/config/index.ts";
import { parseDurationMs, quote } from "../../report/index.ts";
import type { SessionClass } from "./session-class.ts";
import { sessionClassNames } from "./session-class.ts";

/** The part of the scheduler's options that the file gives. */
export type GuardSchedulerOptions = Pick<SchedulerOptions, "sliceUs" | "fifo" | "full" | "intervalMs" | "timeoutMs">;

/** How sessions share the CPUs, and what `scx` is told. Plain data. */
export interface CpuSettings {
  readonly backend: CpuBackendName;
  /** What the framework group of a session may run ahead of its turn, by the session's class; null: nothing. */
  readonly boosts: Readonly<Record<SessionClass, CpuBoost | null>>;
  /** Its interval is also how often tasks are looked for that others moved into sessions. */
  readonly scheduler: GuardSchedulerOptions;
}

/** What holds where nothing is written: an agent of the best class answers at once as long as it computes little. */
export const plainCpu: CpuSettings = {
  backend: "fair",
  boosts: { high: { budgetMs: 20, periodMs: 100 }, normal: null, low: null, besteffort: null },
  scheduler: {
    sliceUs: defaultSchedulerOptions.sliceUs,
    fifo: false,
    full: false,
    intervalMs: 2000,
    timeoutMs: defaultSchedulerOptions.timeoutMs,
  },
};

const none = "none";

const durationIn = (least: number, most: number, words: string) =>
  written(`a duration, ${words}`, (text) => {
    const ms = parseDurationMs(text);
    if (ms < least || ms > most) throw new RangeError(`expects ${words}, not ${quote(text)}`);
  });

const boost = v.exactOptional(
  described(
    written("BUDGET/PERIOD, such as 20ms/100ms, or none", (text) => (text === none ? null : parseBoost(text))),
    "CPU time per period that agents of sessions of this class may use ahead of their turn when they wake up; or none.",
  ),
);

export const cpuBackends = ["fair", "scx"] as const satisfies readonly CpuBackendName[];

/** The key `cpu` of the file. */
export const cpuSection = section({
  backend: v.exactOptional(
    described(
      v.picklist(cpuBackends, expects(`one of ${cpuBackends.join(", ")}`)),
      "fair: the kernel's own scheduler (default). scx: Corral's, where the kernel has sched_ext.",
    ),
  ),
  boost: v.exactOptional(
    described(
      section({ high: boost, normal: boost, low: boost, besteffort: boost } satisfies Record<SessionClass, unknown>),
      "What agents may use ahead of their turn, by class. Default: high 20ms/100ms, the others none.",
    ),
  ),
  interval: v.exactOptional(
    described(
      durationIn(100, 3_600_000, "100ms to 1h"),
      "How often counters are read, and tasks found that others moved in. Default 2s.",
    ),
  ),
  slice_us: v.exactOptional(
    described(
      wholeNumber("microseconds", 100, 1_000_000),
      "How long a task runs before others have their turn, in microseconds. Default 5000.",
    ),
  ),
  fifo: v.exactOptional(
    described(truth, "Tasks of one group run in the order they came, whatever their nice value. Default false."),
  ),
  full: v.exactOptional(
    described(truth, "All ordinary tasks of the host, not those of sessions alone. Default false."),
  ),
  watchdog: v.exactOptional(
    described(
      durationIn(1000, 30_000, "1s to 30s"),
      "How long a task may wait before the kernel takes over. Default 30s.",
    ),
  ),
});

export type RawCpu = v.InferOutput<typeof cpuSection>;

const millisecondsOr = (text: string | number | undefined, otherwise: number): number =>
  text === undefined ? otherwise : Math.round(parseDurationMs(String(text)));

function boostOr(text: string | number | undefined, otherwise: CpuBoost | null): CpuBoost | null {
  if (text === undefined) return otherwise;
  return text === none ? null : parseBoost(String(text));
}

/** What is written of CPUs, over what holds anyway. Of values that the schema has judged. */
export function resolveCpu(raw: RawCpu = {}): CpuSettings {
  const { scheduler, boosts } = plainCpu;
  const boostOf = (of: SessionClass) => [of, boostOr(raw.boost?.[of], boosts[of])] as const;
  return {
    backend: raw.backend ?? plainCpu.backend,
    boosts: Object.fromEntries(sessionClassNames.map(boostOf)) as CpuSettings["boosts"],
    scheduler: {
      sliceUs: raw.slice_us ?? scheduler.sliceUs,
      fifo: raw.fifo ?? scheduler.fifo,
      full: raw.full ?? scheduler.full,
      intervalMs: millisecondsOr(raw.interval, scheduler.intervalMs),
      timeoutMs: millisecondsOr(raw.watchdog, scheduler.timeoutMs),
    },
  };
}
