/** A promise that others settle. */
export interface Awaited<T> {
  readonly promise: Promise<T>;
  /** The first of both counts. */
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function awaited<T>(): Awaited<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}
