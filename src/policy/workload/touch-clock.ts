import { LatencyHistogram } from "../../report/index.ts";

/** Every how many touches one is timed where touches follow each other without a pause: looking at the clock takes longer than most. */
const sampled = 64;

/** Counts touches and times some of them. */
export class TouchClock {
  readonly latency = new LatencyHistogram();
  count = 0;

  touch(work: () => void): void {
    this.count += 1;
    if (this.count % sampled !== 0) return work();
    const beforeMs = performance.now();
    work();
    this.latency.record((performance.now() - beforeMs) * 1e6);
  }
}
