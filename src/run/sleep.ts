/** Not the one of node:timers/promises: loading that costs a cold start 0.1 ms, and few runs need to wait. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
