import type { WallNs } from "../model/index.ts";

/** One exchange of a ping, by the clocks of both sides. */
export interface ClockSample {
  /** By the controller's clock. */
  readonly sentNs: WallNs;
  readonly arrivedNs: WallNs;
  /** By the agent's clock: when the ping came, and when its answer left. */
  readonly agentReceivedNs: WallNs;
  readonly agentSentNs: WallNs;
}

/** How far an agent's clock is ahead of the controller's. */
export interface ClockEstimate {
  readonly offsetNs: bigint;
  /** The offset is off by no more than this, as long as neither clock was set meanwhile. */
  readonly errorNs: bigint;
}

/**
 * What an exchange leaves of the offset: no message arrives before it was sent, so that the way there bounds it from above and
 * the way back from below.
 */
const boundsOf = ({ sentNs, arrivedNs, agentReceivedNs, agentSentNs }: ClockSample) => ({
  leastNs: agentSentNs - arrivedNs,
  mostNs: agentReceivedNs - sentNs,
});

const middleOf = (leastNs: bigint, mostNs: bigint): ClockEstimate => {
  const widthNs = mostNs < leastNs ? 0n : mostNs - leastNs;
  return { offsetNs: (leastNs + mostNs) / 2n, errorNs: (widthNs + 1n) / 2n };
};

/**
 * The middle of what all exchanges together leave: the quickest way there and the quickest way back, which need not be of one
 * exchange. However unequal the two directions are, half of that is the most that it can be wrong (Marzullo's intersection;
 * NTP takes the exchange that was quickest, RFC 5905 §8). Where exchanges contradict each other a clock was set among them,
 * and the quickest counts. Null without an exchange.
 */
export function estimateClock(samples: readonly ClockSample[]): ClockEstimate | null {
  const bounds = samples.map(boundsOf);
  const [first, ...rest] = bounds;
  if (first === undefined) return null;
  let [{ leastNs, mostNs }, quickest] = [first, first];
  for (const one of rest) {
    if (one.leastNs > leastNs) leastNs = one.leastNs;
    if (one.mostNs < mostNs) mostNs = one.mostNs;
    if (one.mostNs - one.leastNs < quickest.mostNs - quickest.leastNs) quickest = one;
  }
  return leastNs <= mostNs ? middleOf(leastNs, mostNs) : middleOf(quickest.leastNs, quickest.mostNs);
}

/** Beyond this a clock, or the way to it, is worth a warning. */
const oddMs = 1000;

/** What people should know of a clock and of the way to it. The start allows for both. */
export function clockOddities({ offsetNs, errorNs }: ClockEstimate): readonly string[] {
  const [offsetMs, errorMs] = [Math.round(Number(offsetNs) / 1e6), Math.round(Number(errorNs) / 1e6)];
  const direction = offsetMs > 0 ? "ahead of" : "behind";
  return [
    ...(Math.abs(offsetMs) > oddMs ? [`its clock is ${Math.abs(offsetMs)} ms ${direction} the controller's`] : []),
    ...(2 * errorMs > oddMs ? [`its answers take ${2 * errorMs} ms: its start may be off by half of that`] : []),
  ];
}
