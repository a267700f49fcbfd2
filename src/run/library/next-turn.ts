let last = Promise.resolve();

/**
 * Resolves at once for the first caller, and one turn of the event loop later for each that came meanwhile: many starts that
 * are asked for together do not hold the loop together.
 */
export function nextTurn(): Promise<void> {
  const mine = last;
  last = mine.then(
    () =>
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
  );
  return mine;
}
