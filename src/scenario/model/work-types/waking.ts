import type { WorkDescription } from "./description.ts";
import { burstIters, cache, choice, count, members, onePlus, pair, spinIters, sum, usPerHour, work } from "./row.ts";

const schedClasses = ["normal", "batch", "idle", "realtime"] as const;

/** Workers that wake each other. */
export const wakingWork = {
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
} as const satisfies Readonly<Record<string, WorkDescription>>;
