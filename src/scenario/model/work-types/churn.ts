import type { WorkDescription } from "./description.ts";
import { choice, count, members, spinIters, usPerHour, work } from "./row.ts";

/** Keeps the kernel busy with changes: processes, pages, attributes, places. */
export const churnWork = {
  ForkExit: work("Forks a child that ends at once, and waits for it.", {}, { samples: "wake" }),
  PageFaultChurn: work("Faults pages in at random, and gives them back.", {
    region_kib: count(4096, "Size of the memory.", { min: 4, max: 1_073_741_824 }),
    touches_per_cycle: count(256, "Pages touched before all are given back."),
    spin_iters: count(64, "Iterations of the spin loop per touch.", { min: 0 }),
  }),
  NiceSweep: work(
    "Spins 512 iterations at each nice value from -20 to 19; those below 0 need CAP_SYS_NICE.",
    {},
    {
      samples: "wake",
    },
  ),
  AffinityChurn: work(
    "Moves itself to a random CPU of its cpuset.",
    { spin_iters: spinIters },
    {
      samples: "wake",
    },
  ),
  CrossAffinityChurn: work(
    "Rewrites the affinity of its siblings between two masks one CPU apart.",
    { spin_iters: spinIters },
    {},
  ),
  PolicyChurn: work(
    "Goes through the scheduling policies.",
    { spin_iters: spinIters },
    {
      samples: "wake",
    },
  ),
  NumaWorkingSetSweep: work("Binds its memory to one node after the other and touches it.", {
    region_kib: count(4096, "Size of the memory.", { min: 4, max: 1_073_741_824 }),
    sweep_period_us: count(100_000, "Time on each node.", { max: usPerHour }),
    target_nodes: { kind: "list", about: "The nodes. Default: all of the topology." },
  }),
  NumaMigrationChurn: work("Moves itself from node to node.", {
    period_us: count(100_000, "Time on each node.", { max: usPerHour }),
  }),
  CgroupChurn: work("Moves itself through the groups wt-cgroup-churn-0, -1, … beside its own, which must exist.", {
    groups: count(2, "How many groups.", members),
    cycle_us: count(100_000, "Time in each.", { max: usPerHour }),
  }),
  CgroupAttachStorm: work("Forks children that end while they are moved into another group.", {
    dest: { kind: "group", about: "The group they are moved to." },
    reap: choice(["sig_ign", "waitpid"], "waitpid", "How the children are reaped."),
  }),
} as const satisfies Readonly<Record<string, WorkDescription>>;
