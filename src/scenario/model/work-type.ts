/*
 * What synthetic workers can do, as one table: names, parameters with defaults and bounds, how many workers belong
 * together, and what they measure. The file's schema, the resolver and the worker program are made from it.
 */

/** A whole number; its unit is the end of its name (`_us`, `_ms`, `_kib`, `_hz`), or it is a count. */
interface NumberParameter {
  readonly kind: "number";
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

/** One of a closed set of words. */
interface ChoiceParameter {
  readonly kind: "choice";
  readonly choices: readonly string[];
  readonly fallback: string;
  readonly about: string;
}

/** A list in the kernel's form (`0-3,6`); an empty one stands for what `about` says. */
interface ListParameter {
  readonly kind: "list";
  readonly about: string;
}

/** The name of a group of the scenario; it has no default. */
interface GroupParameter {
  readonly kind: "group";
  readonly about: string;
}

export type WorkParameter = NumberParameter | ChoiceParameter | ListParameter | GroupParameter;

/** Values of all parameters, defaults filled in. */
export type WorkParameters = Readonly<Record<string, number | string>>;

/**
 * native: the worker program does it. later: it has its name and parameters, and is refused as not supported yet.
 * module: a function of the user's; refused as well, until there are workers that run one.
 */
export type WorkSupport = "native" | "later" | "module";

/**
 * What is measured beside counters. wake: from what wakes a worker to its running. cost: of one iteration.
 * timer: from a deadline to the return from the sleep. own: the function tells. none: counters only.
 */
export type WorkSamples = "none" | "wake" | "cost" | "timer" | "own";

/** One kind of work. */
export interface WorkDescription {
  readonly about: string;
  readonly parameters: Readonly<Record<string, WorkParameter>>;
  /** Workers that work together: the number of workers must be a multiple of it. */
  readonly groupSize: (parameters: WorkParameters) => number;
  readonly samples: WorkSamples;
  readonly support: WorkSupport;
}

const count = (fallback: number, about: string, { min = 1, max = 1_000_000_000 } = {}): NumberParameter => ({
  kind: "number",
  fallback,
  min,
  max,
  about,
});

const choice = <const C extends string>(choices: readonly C[], fallback: NoInfer<C>, about: string) =>
  ({ kind: "choice", choices, fallback, about }) satisfies ChoiceParameter;

/** The number a parameter has; 0 for one that is not there. */
const value = (parameters: WorkParameters, name: string): number => Number(parameters[name] ?? 0);
const sum =
  (...names: readonly string[]) =>
  (parameters: WorkParameters): number =>
    names.reduce((total, name) => total + value(parameters, name), 0);
const alone = (): number => 1;
const pair = (): number => 2;
const onePlus = (name: string) => (parameters: WorkParameters) => value(parameters, name) + 1;

type Parameters = WorkDescription["parameters"];

/** A row of the table, with the defaults of what is left out; it keeps the exact type of its parameters. */
const work = <const P extends Parameters>(
  about: string,
  parameters: P,
  rest: Partial<Omit<WorkDescription, "about" | "parameters">> = {},
): Omit<WorkDescription, "parameters"> & { readonly parameters: P } => ({
  about,
  parameters,
  groupSize: alone,
  samples: "none",
  support: "native",
  ...rest,
});

const spinIters = count(1024, "Iterations of the spin loop per turn.", { min: 0 });
const burstIters = count(1024, "Iterations of the spin loop before the other is woken.", { min: 0 });
const members = { max: 4096 };
const usPerHour = 3_600_000_000;
const cache = {
  size_kib: count(32, "Size of the buffer; 32 KiB fill a first-level cache.", { max: 4_194_304 }),
  stride: count(64, "Bytes from one touch to the next.", { max: 1_048_576 }),
};
const schedClasses = ["normal", "batch", "idle", "realtime"] as const;

/** Every kind of work by its name. */
export const workTypes = {
  SpinWait: work("Spins, 1024 iterations per turn: plain fairness.", {}),
  YieldHeavy: work("Yields in every iteration.", {}),
  Mixed: work("Spins 1024 iterations, then yields.", {}),
  IoSyncWrite: work(
    "Writes 64 KiB in 16 pieces to a place of its own in a file, and waits until they are on the disk.",
    {},
    {
      samples: "wake",
    },
  ),
  IoRandRead: work("Reads 4 KiB past the page cache at a random place.", {}, { samples: "wake" }),
  IoConvoy: work(
    "Writes in order and reads at random by turns, synchronising every 16.",
    {},
    {
      samples: "wake",
    },
  ),
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
  PipeIo: work(
    "Two pass one byte through pipes, each spinning before it writes.",
    { burst_iters: burstIters },
    {
      groupSize: pair,
      samples: "wake",
    },
  ),
  FutexPingPong: work(
    "Two hand a futex to each other.",
    { spin_iters: spinIters },
    {
      groupSize: pair,
      samples: "wake",
    },
  ),
  CachePressure: work("Reads and writes a buffer in strides.", cache),
  CacheYield: work("Reads and writes a buffer in strides, then yields.", cache, { samples: "wake" }),
  CachePipe: work(
    "Two work on a buffer each and wake the other through a pipe.",
    { size_kib: cache.size_kib, burst_iters: burstIters },
    {
      groupSize: pair,
      samples: "wake",
    },
  ),
  FutexFanOut: work(
    "One wakes many by a futex; each measures its own wake-up.",
    { fan_out: count(4, "How many are woken.", members), spin_iters: spinIters },
    {
      groupSize: onePlus("fan_out"),
      samples: "wake",
    },
  ),
  FanOutCompute: work(
    "One thinks, then wakes many, which multiply matrices; measured from its time stamp.",
    {
      fan_out: count(4, "How many are woken.", members),
      cache_footprint_kib: count(256, "Size of the matrices.", { max: 4_194_304 }),
      operations: count(5, "Multiplications per wake-up."),
      sleep_us: count(100, "How long the one thinks.", { min: 0, max: usPerHour }),
    },
    {
      groupSize: onePlus("fan_out"),
      samples: "wake",
    },
  ),
  Sequence: work("Goes through phases in order, again and again.", {}, { samples: "wake" }),
  ForkExit: work("Forks a child that ends at once, and waits for it.", {}, { samples: "wake" }),
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
  PageFaultChurn: work("Faults pages in at random, and gives them back.", {
    region_kib: count(4096, "Size of the memory.", { min: 4, max: 1_073_741_824 }),
    touches_per_cycle: count(256, "Pages touched before all are given back."),
    spin_iters: count(64, "Iterations of the spin loop per touch.", { min: 0 }),
  }),
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
  Schbench: work(
    "A benchmark of wake-ups; run the program as a payload instead.",
    {},
    {
      samples: "own",
      support: "later",
    },
  ),
  Taobench: work(
    "A benchmark of a cache; run the program as a payload instead.",
    {},
    { samples: "own", support: "later" },
  ),
  ThunderingHerd: work(
    "One wakes all waiters of one futex at once.",
    {
      waiters: count(7, "How many wait.", members),
      batches: count(1000, "Wake-ups per turn."),
      inter_batch_us: count(5000, "Pause between wake-ups.", { min: 0, max: usPerHour }),
    },
    {
      groupSize: onePlus("waiters"),
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
  ProducerConsumerImbalance: work(
    "Producers fill a queue faster or slower than consumers empty it.",
    {
      producers: count(2, "Workers that fill it.", members),
      consumers: count(1, "Workers that empty it.", members),
      produce_rate_hz: count(1000, "Items per second of each producer; 0 is as fast as it goes.", { min: 0 }),
      consume_iters: count(4096, "Iterations of the spin loop per item.", { min: 0 }),
      queue_depth: count(1024, "Items the queue holds.", { max: 1_048_576 }),
    },
    {
      groupSize: sum("producers", "consumers"),
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
  AsymmetricWaker: work(
    "One of one scheduling class wakes one of another.",
    {
      waker: choice(schedClasses, "normal", "Class of the one that wakes."),
      wakee: choice(schedClasses, "normal", "Class of the one that is woken."),
      burst_iters: burstIters,
    },
    {
      groupSize: pair,
      samples: "wake",
    },
  ),
  WakeChain: work(
    "Each wakes the next, in a ring.",
    {
      depth: count(4, "Workers in the ring.", { min: 2, ...members }),
      wake: choice(["pipe", "futex"], "pipe", "What wakes: a pipe (synchronous) or a futex."),
      work_per_hop_us: count(100, "How long each works before it wakes the next.", { min: 0, max: usPerHour }),
    },
    {
      groupSize: sum("depth"),
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
  SignalStorm: work(
    "Two signal each other.",
    {
      signals_per_iter: count(16, "Signals per turn."),
      work_iters: count(1024, "Iterations of the spin loop per turn.", { min: 0 }),
    },
    {
      groupSize: pair,
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
  EpollStorm: work(
    "Producers write an eventfd on which consumers wait by epoll, one woken per event.",
    {
      producers: count(1, "Workers that write.", members),
      consumers: count(2, "Workers that wait.", members),
      events_per_burst: count(32, "Events per turn."),
    },
    {
      groupSize: sum("producers", "consumers"),
      samples: "wake",
    },
  ),
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
  NetTraffic: work("Sends itself packets; needs a network card.", {}, { samples: "wake", support: "later" }),
  IrqWake: work("Is woken by a network card.", {}, { groupSize: pair, samples: "wake", support: "later" }),
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
  Custom: work(
    "A function of the user's, which owns the loop and tells what it measured.",
    {},
    {
      samples: "own",
      support: "module",
    },
  ),
} as const satisfies Readonly<Record<string, WorkDescription>>;

/** The name of a kind of work. */
export type WorkTypeName = keyof typeof workTypes;

type ValueOf<P> = P extends { readonly kind: "number" }
  ? number
  : P extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : string;
type ParametersOf<K extends WorkTypeName> = (typeof workTypes)[K]["parameters"];

/** Parameters as they are given: those left out have their defaults; a group must be named. */
export type GivenParameters<K extends WorkTypeName> = {
  readonly [P in keyof ParametersOf<K> as ParametersOf<K>[P] extends { readonly kind: "group" } ? never : P]?: ValueOf<
    ParametersOf<K>[P]
  >;
} & {
  readonly [P in keyof ParametersOf<K> as ParametersOf<K>[P] extends { readonly kind: "group" } ? P : never]: string;
};

/** Every kind of work. */
export const workTypeNames = Object.keys(workTypes) as readonly WorkTypeName[];

/** What is known of a kind of work. */
export const describeWork = (name: WorkTypeName): WorkDescription => workTypes[name];

/** Phases of `Sequence`, each with its length. io writes 64 KiB and sleeps 100 µs, again and again. */
export const phaseKinds = ["spin", "sleep", "yield", "io"] as const;
export type PhaseKind = (typeof phaseKinds)[number];

/**
 * Values of all parameters that have one: those that are given, and the defaults of the rest. A list without a value
 * is empty; a group has no default and is absent.
 */
export function fillParameters(name: WorkTypeName, given: WorkParameters): WorkParameters {
  const filled = Object.entries(describeWork(name).parameters).flatMap(([key, parameter]) => {
    const found = given[key];
    if (found !== undefined) return [[key, found] as const];
    if (parameter.kind === "group") return [];
    return [[key, parameter.kind === "list" ? "" : parameter.fallback] as const];
  });
  return Object.fromEntries(filled);
}
