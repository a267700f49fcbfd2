import { isatty } from "node:tty";
import type { EventRecording, FeedItem, FeedOrigin, MonitorLine } from "../events/index.ts";
import {
  EventMonitor,
  findGroup,
  openEventRecording,
  openLiveFeed,
  readEventRecording,
  startLine,
} from "../events/index.ts";
import { processFacts, toPid } from "../kernel/index.ts";
import { CorralError, quote } from "../report/index.ts";
import type { Program } from "./commands.ts";
import { ignoreUserSignals } from "./deaf-signals.ts";
import { toJsonLine } from "./events-json.ts";
import type { EventsFlags, EventsSpec } from "./events-spec.ts";
import { toEventsSpec } from "./events-spec.ts";
import { openedLines, summaryLine } from "./events-summary.ts";
import { tableHeading, tableRow } from "./events-table.ts";
import { LineWriter } from "./line-writer.ts";
import { say } from "./output.ts";
import { corralVersion } from "./version.ts";

/**
 * `corral events`: tells what happens to the processes of this host, until it is told to stop.
 * @returns 0
 * @throws CorralError USAGE, PROCESS_GONE, NATIVE_MISSING, NATIVE_CALL, RECORDING, REPORT_UNWRITABLE
 */
export async function eventsCommand(flags: EventsFlags, _args: readonly string[], program: Program): Promise<number> {
  const spec = toEventsSpec(flags, program.words, isatty(1));
  ignoreUserSignals();
  const teller = new Teller(spec);
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const) process.on(signal, () => teller.stop());
  await (spec.replay === null ? tellLive(spec, teller) : tellRecording(spec.replay, spec, teller));
  return 0;
}

/** Prints what is made of a feed, and knows when to stop. */
class Teller {
  readonly #spec: EventsSpec;
  readonly #out: LineWriter;
  #onStop: () => void = () => {};
  #told = 0;
  #stopped = false;

  constructor(spec: EventsSpec) {
    this.#spec = spec;
    this.#out = new LineWriter(() => this.stop());
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  }

  /** Calls back once, and at once when it was stopped already. */
  whenStopped(onStop: () => void): void {
    this.#onStop = onStop;
    if (this.#stopped) onStop();
  }

  /** A monitor whose lines are printed; the first one tells the origin. */
  begin(origin: FeedOrigin, cgroup: string | null): EventMonitor {
    const { form, monitor, count } = this.#spec;
    this.#out.write(form === "table" ? tableHeading : toJsonLine(startLine(origin)));
    const toText = form === "table" ? (line: MonitorLine) => tableRow(line, origin) : toJsonLine;
    return new EventMonitor({ ...monitor, cgroup }, origin, (line) => {
      if (count !== null && this.#told >= count) return;
      this.#told += 1;
      this.#out.write(toText(line));
      if (count !== null && this.#told >= count) this.stop();
    });
  }

  /** Writes what was told so far. */
  flush(): void {
    this.#out.flush();
  }

  /** Tells what is left, unless no more lines are wanted, and the summary. */
  end(monitor: EventMonitor, endNs: bigint): void {
    monitor.finish(endNs);
    this.#out.end();
    say(summaryLine(monitor.counts(), this.#told));
  }
}

function tellMoved(file: string | null, recording: EventRecording | null): void {
  if (file !== null && recording !== null && recording.movedTo !== null)
    say(`the recording that was in ${quote(file)} is in ${quote(recording.movedTo)} now`);
}

/** How long what is recorded may wait for more. */
const flushMs = 1000;

async function tellLive(spec: EventsSpec, teller: Teller): Promise<void> {
  const { source, pollIntervalMs, monitor: options, record, durationMs } = spec;
  for (const pid of options.select?.pids ?? []) refuseGone(pid);
  const cgroup = options.cgroup === null ? null : groupOrRefuse(options.cgroup);
  const { opens, readline } = options;
  const feed = await openLiveFeed({
    prefer: source,
    pollIntervalMs,
    opens,
    readline,
    // Trees may begin outside of the group.
    cgroup: options.select === null ? cgroup : null,
  });
  let recording: EventRecording | null = null;
  const timer = durationMs === null ? null : setTimeout(() => teller.stop(), durationMs);
  let flushed = performance.now();
  try {
    recording = record === null ? null : openEventRecording(record, feed.origin, corralVersion());
    tellMoved(record, recording);
    for (const line of openedLines(feed, spec.verbose)) say(line);
    const monitor = teller.begin(feed.origin, cgroup);
    teller.whenStopped(() => void feed.stop());
    const take = (item: FeedItem): void => {
      recording?.write(item);
      if (performance.now() - flushed > flushMs) {
        recording?.flush();
        flushed = performance.now();
      }
      if (!teller.stopped) monitor.take(item);
    };
    const endNs = await feed.run(take, () => monitor.isWaiting);
    recording?.end(endNs);
    teller.end(monitor, endNs);
  } finally {
    if (timer !== null) clearTimeout(timer);
    recording?.abandon();
    teller.flush();
    await feed.stop();
  }
}

function refuseGone(pid: number): void {
  if (processFacts(toPid(pid)).stat === null)
    throw new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: String(pid) });
}

function groupOrRefuse(given: string): string {
  const group = findGroup(given);
  if (group !== null) return group;
  throw new CorralError("USAGE", `--cgroup names no cgroup v2 group: ${JSON.stringify(given)}`, {
    object: "--cgroup",
    found: given,
    fix: "give its directory, or its path as /proc/PID/cgroup has it after 0::",
  });
}

async function tellRecording(file: string, spec: EventsSpec, teller: Teller): Promise<void> {
  const feed = await readEventRecording(file);
  const { origin } = feed;
  for (const [wish, isWanted] of [
    ["opens", spec.monitor.opens],
    ["readline", spec.monitor.readline],
  ] as const)
    if (isWanted && !origin[wish]) say(`WARNING: the recording was made without --${wish}`);
  const monitor = teller.begin(origin, spec.monitor.cgroup);
  const untilNs = spec.durationMs === null ? null : origin.startNs + BigInt(Math.round(spec.durationMs * 1e6));
  let lastNs = origin.startNs;
  try {
    for await (const item of feed.items) {
      if (teller.stopped) break;
      if ("timestampNs" in item && item.timestampNs > lastNs) lastNs = item.timestampNs;
      if (untilNs !== null && lastNs > untilNs) break;
      monitor.take(item);
    }
  } finally {
    // Also of a recording that was cut off: everything up to there is told.
    teller.end(monitor, feed.endNs() ?? lastNs);
  }
}
