import { DeadlineQueue } from "../../src/policy/deadline/index.ts";

/** Nanoseconds for each operation with so many deadlines pending. */
export interface QueueCost {
  readonly pending: number;
  readonly addNs: number;
  /** The earliest is taken and another one added, as time goes on. */
  readonly turnNs: number;
  readonly cancelNs: number;
  readonly takeNs: number;
  readonly bytes: number;
}

function timed(count: number, work: (index: number) => void): number {
  const beganNs = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) work(index);
  return Number(process.hrtime.bigint() - beganNs) / count;
}

/** Measures the queue of deadlines, spread over an hour. */
export function measureQueue(pending: number): QueueCost {
  let seed = 1;
  const spreadNs = (): bigint => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return BigInt(Math.floor((seed / 2 ** 32) * 3.6e12));
  };
  const queue = new DeadlineQueue(0n);
  const times = Array.from({ length: pending }, spreadNs);
  const handles: number[] = [];
  const addNs = timed(pending, (index) => void handles.push(queue.add(times[index] ?? 0n)));
  const { bytes } = queue;
  const turnNs = timed(200_000, () => {
    const atNs = queue.earliestNs() ?? 0n;
    queue.take(atNs);
    queue.add(atNs + spreadNs());
  });
  const others = new DeadlineQueue(0n);
  const some = times.map((atNs) => others.add(atNs));
  const cancelNs = timed(pending, (index) => others.cancel(some[index] ?? 0));
  const takeNs = timed(pending, () => void queue.take(2n ** 62n));
  return { pending, addNs, turnNs, cancelNs, takeNs, bytes };
}
