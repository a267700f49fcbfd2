import type { TestContext } from "node:test";
import type { Ran, Started } from "./bench.ts";
import { scaled, sleep, until } from "./timing.ts";

/** Of what was told, the end that a failure shows. */
const mostTold = 2000;

/** A Corral that tells what happens as one JSON document per line on stdout. */
export interface Telling<Doc extends { readonly event: string }> {
  readonly started: Started;
  events(): readonly Doc[];
  /** Every event of one kind so far. */
  all<Name extends Doc["event"]>(name: Name): readonly Extract<Doc, { event: Name }>[];
  /** Waits for the first event of a kind that fits. */
  told<Name extends Doc["event"]>(
    name: Name,
    fits?: (event: Extract<Doc, { event: Name }>) => boolean,
    limitMs?: number,
  ): Promise<Extract<Doc, { event: Name }>>;
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

/** Listens to what a Corral tells; what is left of it ends with the test. */
export function listenTo<Doc extends { readonly event: string }>(t: TestContext, started: Started): Telling<Doc> {
  t.after(async () => {
    const ended = started.ended.catch(() => {});
    // Of a test that failed: with a chance to put back what it changed.
    started.kill("SIGTERM");
    await Promise.race([ended, sleep(scaled(3000))]);
    started.kill("SIGKILL");
    await ended;
  });
  const events = (): Doc[] =>
    started
      .out()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Doc);
  const all: Telling<Doc>["all"] = (name) =>
    events().filter((one): one is Extract<Doc, { event: typeof name }> => one.event === name);
  return {
    started,
    events,
    all,
    told: async (name, fits = () => true, limitMs = 30_000) => {
      const found = () => all(name).find(fits);
      await until(`${name} is told`, () => found() !== undefined, limitMs).catch((thrown: Error) => {
        throw new Error(`${thrown.message}\n${started.out().slice(-mostTold)}${started.err()}`);
      });
      const event = found();
      if (event === undefined) throw new Error(`${name} was told and is gone`);
      return event;
    },
    stop: async (signal = "SIGTERM") => {
      started.kill(signal);
      return started.ended;
    },
  };
}
