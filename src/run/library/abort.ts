/** Acts on an abort, once, until the job has its result; nothing stays on a signal that outlives the job. */
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
  signal.addEventListener("abort", abort, { once: true });
  const forget = (): void => signal.removeEventListener("abort", abort);
  void result.then(forget, forget);
}
