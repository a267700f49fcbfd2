import type { WorkDescription } from "./description.ts";
import { burstIters, choice, count, members, onePlus, sum, usPerHour, work } from "./row.ts";

/** Workers that are in each other's way: locks and priorities. */
export const contentionWork = {
  MutexContention: work(
    "Several contend for one lock.",
    {
      contenders: count(4, "How many contend.", { min: 2, ...members }),
      hold_iters: count(256, "Iterations with the lock.", { min: 0 }),
      work_iters: count(1024, "Iterations without it.", { min: 0 }),
    },
    {
      groupSize: sum("contenders"),
      samples: "wake",
    },
  ),
  PriorityInversion: work(
    "Three real-time tiers and one lock between the highest and the lowest; needs one CPU.",
    {
      high: count(1, "Workers of the highest tier.", members),
      medium: count(1, "Workers of the middle tier, which take no lock.", members),
      low: count(1, "Workers of the lowest tier.", members),
      hold_iters: count(4096, "Iterations with the lock.", { min: 0 }),
      work_iters: count(1024, "Iterations without it.", { min: 0 }),
      pi_mode: choice(["plain", "pi"], "plain", "plain: an ordinary lock; pi: one that hands on priority."),
    },
    {
      groupSize: sum("high", "medium", "low"),
      samples: "wake",
    },
  ),
  RtStarvation: work(
    "Real-time workers keep ordinary ones from running.",
    {
      rt: count(1, "Real-time workers (SCHED_FIFO).", members),
      cfs: count(1, "Ordinary workers.", members),
      rt_priority: count(50, "Their priority.", { max: 99 }),
      burst_iters: burstIters,
    },
    {
      groupSize: sum("rt", "cfs"),
    },
  ),
  PreemptStorm: work(
    "A real-time worker interrupts ordinary ones about 1000 times a second.",
    {
      cfs_workers: count(2, "Ordinary workers.", members),
      rt_burst_iters: count(1024, "Iterations of the real-time worker per interruption.", { min: 0 }),
      rt_sleep_us: count(1000, "Its sleep between interruptions.", { max: usPerHour }),
    },
    {
      groupSize: onePlus("cfs_workers"),
      samples: "wake",
    },
  ),
} as const satisfies Readonly<Record<string, WorkDescription>>;
