import type { TestContext } from "node:test";
import type { EventsDocument, SourceName } from "../../src/events/index.ts";
import { openEventSource } from "../../src/events/index.ts";
import type { Bench, Ran, RunOptions, Started } from "./bench.ts";
import type { Reason } from "./requires.ts";
import { scaled, sleep, until } from "./timing.ts";

type Line<Event extends EventsDocument["event"]> = Extract<EventsDocument, { event: Event }>;

/** The whole lines of JSON in a text. */
export const linesIn = (text: string): EventsDocument[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EventsDocument);

/** A `corral events --json` that runs and has begun to tell. */
export interface Monitoring {
  readonly started: Started;
  /** All lines of one kind so far. */
  all<Event extends EventsDocument["event"]>(event: Event): Line<Event>[];
  /** Waits for a line of a kind that fits. */
  told<Event extends EventsDocument["event"]>(event: Event, fits: (line: Line<Event>) => boolean): Promise<Line<Event>>;
  /** Ends it and returns everything that it told. */
  stop(signal?: NodeJS.Signals): Promise<Ran & { readonly lines: readonly EventsDocument[] }>;
}

/** Starts a monitor and waits for its first look around to be over; what is left of it ends with the test. */
export async function startMonitor(
  t: TestContext,
  bench: Bench,
  flags: readonly string[],
  options: RunOptions = {},
): Promise<Monitoring> {
  const started = bench.start(["events", "--json", ...flags], { limitMs: 60_000, ...options });
  t.after(async () => {
    started.kill("SIGKILL");
    await started.ended.catch(() => {});
  });
  const all = <Event extends EventsDocument["event"]>(event: Event): Line<Event>[] =>
    linesIn(started.out()).filter((line): line is Line<Event> => line.event === event);
  const told: Monitoring["told"] = async (event, fits) => {
    const found = () => all(event).find(fits);
    await until(`a line ${event} is told`, () => found() !== undefined, 10_000).catch((thrown: Error) => {
      throw new Error(`${thrown.message}\n${started.out().slice(0, 6000)}${started.err()}`);
    });
    return found() as Line<typeof event>;
  };
  await told("START", () => true);
  return {
    started,
    all,
    told,
    stop: async (signal = "SIGTERM") => {
      // What the kernel has told by now is on its way.
      await sleep(scaled(100));
      started.kill(signal);
      const ran = await started.ended;
      return { ...ran, lines: linesIn(ran.out) };
    },
  };
}

/** Null when a source can be used here, else why not. */
export async function sourceIs(prefer: SourceName): Promise<Reason> {
  try {
    const { source } = await openEventSource({ prefer });
    await source.close();
    return null;
  } catch (thrown) {
    return `no ${prefer}: ${(thrown as Error).message}`;
  }
}
