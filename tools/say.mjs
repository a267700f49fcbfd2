/**
 * How the tools talk: one short line each, on stderr, so that `./corral … | jq` stays clean even
 * when the launcher has to build first.
 */

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a step and reports it. The line `what …` appears once the step has taken a second, the
 * closing line with the seconds only then; quick steps stay silent.
 * @template T
 * @param {string} what present participle, for example "installing npm packages"
 * @param {() => T | Promise<T>} step
 * @returns {Promise<T>}
 */
export async function timed(what, step) {
  const started = performance.now();
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    say(`setup: ${what} …`);
  }, 1000);
  try {
    return await step();
  } finally {
    clearTimeout(timer);
    const seconds = (performance.now() - started) / 1000;
    if (announced || seconds > 1) say(`setup: ${what}: ${seconds.toFixed(1)} s`);
  }
}
