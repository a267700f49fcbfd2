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

/** On the way, both ways together. */
export const roundTripNs = ({ sentNs, arrivedNs, agentReceivedNs, agentSentNs }: ClockSample): bigint => {
  const wayNs = arrivedNs - sentNs - (agentSentNs - agentReceivedNs);
  return wayNs < 0n ? 0n : wayNs;
};

/**
 * What an exchange leaves of the offset: no message arrives before it was sent, so that the way there bounds it from above and
 * the way back from below.
 */
const boundsOf = ({ sentNs, arrivedNs, agentReceivedNs, agentSentNs }: ClockSample) => ({
  leastNs: agentSentNs - arrivedNs,
  mostNs: agentReceivedNs - sentNs,
});

const sizeOf = (ns: bigint): bigint => (ns < 0n ? -ns : ns);

/** What so near an agent leaves unknown is more than clocks of one network differ by. */
const nearNs = 2_000_000n;

/**
 * Agents of one host, and of hosts whose clocks NTP or PTP keeps together, are the rule where the ways are short: what exchanges do
 * not tell apart from the same clock is taken as the same clock there. Else the middle is off by the least at worst.
 */
function pickWithin(leastNs: bigint, mostNs: bigint): ClockEstimate {
  if (leastNs <= 0n && mostNs >= 0n && mostNs - leastNs < nearNs)
    return { offsetNs: 0n, errorNs: sizeOf(leastNs) > mostNs ? sizeOf(leastNs) : mostNs };
  return { offsetNs: (leastNs + mostNs) / 2n, errorNs: (sizeOf(mostNs - leastNs) + 1n) / 2n };
}

/**
 * The offset by what all exchanges together leave: the quickest way there and the quickest way back, which need not be of one
 * exchange. However unequal the two directions are, it is not off by more than is said (Marzullo's intersection; NTP takes
 * the exchange that was quickest, RFC 5905 §8). Where exchanges contradict each other a clock was set among them, and the
 * quickest counts. Null without an exchange.
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
  return leastNs <= mostNs ? pickWithin(leastNs, mostNs) : pickWithin(quickest.leastNs, quickest.mostNs);
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
