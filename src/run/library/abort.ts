/** Who waits for a signal. One listener serves all of them: Node warns of a leak where a signal has more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function listen(signal: AbortSignal, abort: () => void): () => void {
  const known = waiting.get(signal);
  const all = known ?? new Set();
  all.add(abort);
  if (known === undefined) {
    waiting.set(signal, all);
    const abortAll = (): void => {
      for (const one of all) one();
    };
    signal.addEventListener("abort", abortAll, { once: true });
  }
  return () => void all.delete(abort);
}

/** Acts on an abort, once, until the job has its result; of jobs that are over nothing stays on a signal but one empty set. */
export function whenAborted(
  signal: AbortSignal | undefined,
  result: Promise<unknown>,
  act: () => Promise<unknown>,
): void {
  if (signal === undefined) return;
  const abort = (): void => {
    // What became of it is in the result.
    act().catch(() => {});
  };
  if (signal.aborted) {
    abort();
    return;
  }
  const forget = listen(signal, abort);
  void result.then(forget, forget);
}
