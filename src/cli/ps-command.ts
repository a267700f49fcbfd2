import { isatty } from "node:tty";
import { CorralError, parseNumberIn, quote } from "../report/index.ts";
import type { JobsDocument } from "../run/jobs/index.ts";
import { JobLister } from "../run/jobs/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { ownDirectories } from "./job-arguments.ts";
import type { psFlags } from "./job-flags.ts";
import { say, writeText, writeWhileRead } from "./output.ts";
import { renderJobs } from "./ps-table.ts";

/** How many ended jobs `--all` lists. */
const defaultLast = 20;
/** Between the two looks from which CPU percentages come. */
const sampleMs = 200;
const watchMs = 1000;

/** Cursor to the top; what a frame leaves of the one before is erased line by line and below (console_codes(4)). */
const frame = (text: string): string => `\u001b[H${text.replaceAll("\n", "\u001b[K\n")}\u001b[J`;

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const widthNow = (): number | null => (isatty(1) ? process.stdout.columns || 80 : null);

/** What could not be read, after the table; nothing is hidden. */
const complaints = ({ unreadable }: JobsDocument): string[] =>
  unreadable.map(({ path, reason }) => `cannot use ${quote(path, 300)}: ${reason}`);

/**
 * `corral ps`: lists this user's jobs.
 * @returns 0; with `--watch` when nobody reads any more
 * @throws CorralError USAGE, STATE_UNREADABLE
 */
export async function psCommand(flags: RawFlags<typeof psFlags>): Promise<number> {
  if (flags.watch === true && flags.json === true)
    throw new CorralError("USAGE", "--watch prints tables", { object: "--watch", fix: "leave out --json, or --watch" });
  const asked = flags.last === undefined ? null : flagValue("last", flags.last, countOf);
  const last = asked ?? (flags.all === true ? defaultLast : null);
  const lister = new JobLister(ownDirectories());
  const first = lister.look(last);
  if (flags.watch === true) return watch(lister, last);
  // Without a job there is nothing to sample.
  if (first.jobs.length > 0) await sleep(sampleMs);
  const document = first.jobs.length > 0 ? lister.look(last) : first;
  if (flags.json === true) writeText(1, `${JSON.stringify(document, null, 2)}\n`);
  else {
    writeText(1, renderJobs(document, widthNow()));
    for (const line of complaints(document)) say(line);
  }
  return 0;
}

const countOf = (text: string): number => parseNumberIn(text, 1, 10_000, { integer: true });

/** Draws again and again; ends when the reader has gone. */
async function watch(lister: JobLister, last: number | null): Promise<number> {
  const terminal = isatty(1);
  for (let waitMs = sampleMs; ; waitMs = watchMs) {
    await sleep(waitMs);
    const document = lister.look(last);
    const table = renderJobs(document, widthNow());
    const text = [table, ...complaints(document).map((line) => `[corral] ${line}\n`)].join("");
    const shown = terminal ? frame(fitting(text)) : `${text}\n`;
    if (!writeWhileRead(1, shown)) return 0;
  }
}

/** As many lines as the terminal has; the last says how many there are more. */
function fitting(text: string): string {
  const lines = text.split("\n").slice(0, -1);
  const room = (process.stdout.rows || 24) - 1;
  if (lines.length <= room) return text;
  return `${[...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`].join("\n")}\n`;
}
