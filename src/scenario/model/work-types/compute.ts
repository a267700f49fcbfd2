import type { WorkDescription } from "./description.ts";
import { cache, choice, count, pair, usPerHour, work } from "./row.ts";

/** Uses CPUs, alone: spinning, caches, sleeps and timers between. */
export const computeWork = {
  SpinWait: work("Spins, 1024 iterations per turn: plain fairness.", {}),
  YieldHeavy: work("Yields in every iteration.", {}),
  Mixed: work("Spins 1024 iterations, then yields.", {}),
  Bursty: work(
    "Uses a CPU, then sleeps.",
    {
      burst_us: count(50_000, "How long it spins.", { max: usPerHour }),
      sleep_us: count(100_000, "How long it sleeps.", { max: usPerHour }),
    },
    {
      samples: "wake",
    },
  ),
  CachePressure: work("Reads and writes a buffer in strides.", cache),
  CacheYield: work("Reads and writes a buffer in strides, then yields.", cache, { samples: "wake" }),
  Sequence: work("Goes through phases in order, again and again.", {}, { samples: "wake" }),
  IdleChurn: work(
    "Short bursts and short sleeps; a sample is the sleep beyond what was asked for.",
    {
      burst_us: count(1000, "How long it spins.", { max: usPerHour }),
      sleep_us: count(5000, "How long it sleeps.", { max: usPerHour }),
      precise_timing: choice(["off", "on"], "off", "on: timer slack of 1 ns."),
    },
    {
      samples: "wake",
    },
  ),
  TimerLatency: work(
    "Sleeps to absolute deadlines and measures how late it wakes.",
    { interval_us: count(1000, "From one deadline to the next.", { max: usPerHour }) },
    {
      samples: "timer",
    },
  ),
  AluHot: work("Four independent chains of multiplications.", {}, { samples: "cost" }),
  SmtSiblingSpin: work(
    "Two spin on the hardware threads of one core.",
    {},
    {
      groupSize: pair,
      samples: "cost",
    },
  ),
  IpcVariance: work(
    "Arithmetic and random touches of 512 KiB by turns.",
    {
      hot_iters: count(100_000, "Iterations of arithmetic."),
      cold_iters: count(1024, "Random touches."),
      period_iters: count(64, "Turns of one before the other."),
    },
    {
      samples: "cost",
    },
  ),
} as const satisfies Readonly<Record<string, WorkDescription>>;
