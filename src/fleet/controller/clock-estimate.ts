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
const roundTripNs = ({ sentNs, arrivedNs, agentReceivedNs, agentSentNs }: ClockSample): bigint => {
  const wayNs = arrivedNs - sentNs - (agentSentNs - agentReceivedNs);
  return wayNs < 0n ? 0n : wayNs;
};

/**
 * The estimate of the exchange that was quickest: half of its way is the most that it can be wrong, however unequal the
 * two directions are (as NTP does, RFC 5905 §8). Null without an exchange.
 */
export function estimateClock(samples: readonly ClockSample[]): ClockEstimate | null {
  const [first, ...rest] = samples;
  if (first === undefined) return null;
  const best = rest.reduce((least, one) => (roundTripNs(one) < roundTripNs(least) ? one : least), first);
  const { sentNs, arrivedNs, agentReceivedNs, agentSentNs } = best;
  const offsetNs = (agentReceivedNs - sentNs + (agentSentNs - arrivedNs)) / 2n;
  return { offsetNs, errorNs: (roundTripNs(best) + 1n) / 2n };
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
