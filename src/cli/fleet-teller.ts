import { isatty } from "node:tty";
import type { RunEffect } from "../fleet/controller/index.ts";
import type { FleetEvent } from "../fleet/live/index.ts";
import { toFleetEvent, toTick, viewLine, viewLines } from "../fleet/live/index.ts";
import type { FleetRunEnd, RunningFleet } from "../fleet/perform/index.ts";
import { runLine } from "../fleet/results/index.ts";
import { BackgroundWriter } from "./background-writer.ts";
import { LiveBlock } from "./live-block.ts";
import { say } from "./output.ts";

/** How long the last words may take to be read. */
const lastWordsMs = 2000;
const tickMs = 1000;
/** Progress for who reads a log. */
const progressMs = 5000;

export interface TellerOptions {
  readonly name: string;
  /** Name of an agent by its number. */
  readonly nameOf: (agent: number) => string;
  readonly jsonLines: boolean;
  readonly quiet: boolean;
}

/** Tells what a run does while it goes on, without waiting for who reads it. */
export class FleetTeller {
  readonly #options: TellerOptions;
  readonly #out = new BackgroundWriter(1, () => {
    // A run does not stop because nobody looks.
    say("WARNING: nobody reads the events any more; the run goes on");
  });
  readonly #err = new BackgroundWriter(2, () => {});
  readonly #timers: NodeJS.Timeout[] = [];
  #block: LiveBlock | null = null;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Begins to show how the run stands. */
  follow(running: RunningFleet): void {
    const { name, jsonLines, quiet } = this.#options;
    if (jsonLines) this.#every(tickMs, () => this.#event(toTick(running.view(), now())));
    if (quiet) return;
    if (isatty(2) && process.env["TERM"] !== "dumb") this.#block = this.#openBlock(running);
    else this.#every(progressMs, () => this.#line(viewLine(name, running.view())));
  }

  tell(effect: RunEffect): void {
    const { jsonLines, quiet, nameOf } = this.#options;
    if (jsonLines) this.#event(toFleetEvent(effect, nameOf, now()));
    const line = quiet ? null : runLine(effect, nameOf);
    if (line !== null) this.#line(line);
  }

  async end({ outcome, status }: FleetRunEnd, results: string): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#block?.end();
    const exitStatus = status.exit_status ?? 0;
    const [schema, at] = ["corral.fleet-event/1", now()] as const;
    if (this.#options.jsonLines) this.#event({ schema, at, event: "end", outcome, exit_status: exitStatus, results });
    await Promise.all([this.#out.close(lastWordsMs), this.#err.close(lastWordsMs)]);
    const dropped = this.#out.dropped + this.#err.dropped;
    if (dropped > 0) say(`WARNING: ${dropped} lines were dropped: their reader was too slow`);
  }

  #openBlock(running: RunningFleet): LiveBlock {
    return new LiveBlock({
      write: (text) => this.#err.add(text),
      size: () => ({ columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 }),
      lines: (rows) => viewLines(this.#options.name, running.view(), rows),
    });
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }

  #line(line: string): void {
    const text = `[corral] ${line}\n`;
    if (this.#block === null) this.#err.add(text);
    else this.#block.above(text);
  }

  #event(event: FleetEvent | null): void {
    if (event !== null) this.#out.add(`${JSON.stringify(event)}\n`);
  }
}

const now = (): string => new Date().toISOString();
