/** How many times slower than the reference machine this one is (a virtual machine sets it); scales time limits only. */
export const slowness = Math.max(1, Number(process.env["CORRAL_TEST_SLOWNESS"] ?? "1") || 1);

/** A time limit of the reference machine as one of this machine. */
export const scaled = (ms: number): number => ms * slowness;

/** Milliseconds of real time. */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

/** Waits until a condition of the kernel holds; `what` names it in the failure. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + scaled(limitMs);
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`did not come true in time: ${what}`);
    await sleep(10);
  }
}
