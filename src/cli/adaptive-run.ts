import type { AdaptiveLine } from "../policy/index.ts";
import { CorralError } from "../report/index.ts";
import { adaptiveLine } from "./adaptive-lines.ts";
import { durationOr } from "./adaptive-values.ts";
import { holdSignals } from "./hold-signals.ts";
import { say, writeText } from "./output.ts";

const hourMs = 3_600_000;

interface SharedFlags {
  readonly duration?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** One policy at work. */
interface Run {
  steps(): AsyncGenerator<AdaptiveLine, void, undefined>;
  summary(): AdaptiveLine;
}

/** Tells lines in the form that was asked for: the summary is the product, the steps are beside it. */
function teller({ json, quiet }: SharedFlags): (line: AdaptiveLine, isSummary: boolean) => void {
  return (line, isSummary) => {
    if (json === true) writeText(1, `${JSON.stringify(line)}\n`);
    else if (isSummary) writeText(1, `${adaptiveLine(line)}\n`);
    else if (quiet !== true) say(adaptiveLine(line));
  };
}

async function follow(run: Run, tell: (line: AdaptiveLine, isSummary: boolean) => void): Promise<void> {
  try {
    for await (const line of run.steps()) tell(line, false);
  } finally {
    tell(run.summary(), true);
  }
}

/** Runs policies until each has ended, the duration is over, or a signal comes. */
export async function runAdaptive(flags: SharedFlags, start: (signal: AbortSignal) => readonly Run[]): Promise<void> {
  const durationMs = durationOr(flags as Readonly<Record<string, unknown>>, "duration", null, 1);
  const stop = new AbortController();
  const signals = holdSignals();
  const runs = start(stop.signal);
  void signals.handOver(() => {}).then(() => stop.abort());
  // Alone they keep the process alive: looks and triggers do not.
  const alive = setInterval(() => {}, hourMs);
  const timer = durationMs === null ? null : setTimeout(() => stop.abort(), durationMs);
  const tell = teller(flags);
  try {
    const ends = await Promise.allSettled(runs.map((run) => follow(run, tell)));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw CorralError.from(failed.reason);
  } finally {
    clearInterval(alive);
    if (timer !== null) clearTimeout(timer);
  }
}
