import { FirstInFirstOut } from "../first-in-first-out.ts";
import type { FileOpenEvent, ReadlineEvent } from "../trace-event.ts";
import type { LineFacts, OpenFacts } from "./make-line.ts";
import { openLine, readlineLine } from "./make-line.ts";
import type { Emit, FoldedLine, RateLimitLine } from "./monitor-line.ts";
import type { Allowance } from "./rate-limit.ts";
import { allow, isIdle, newAllowance } from "./rate-limit.ts";

export interface FoldOptions {
  /** For how long opens of the same file are one; 0: not at all. */
  readonly windowNs: bigint;
  /** Most different files a process may open per second; 0: any number. */
  readonly perSec: number;
  /** Most files in their windows, of all processes. Default 16,384. */
  readonly filesMost?: number;
  /** Most processes with limits of their own; the others have one in common. Default 8192. */
  readonly processesMost?: number;
  readonly emit: Emit;
}

/** Files that are over may wait in the queue for their turn, as many as others, and this many more. */
const slack = 1024;

/** What is told of a file or a typed line, but when and how often. */
type Facts = OpenFacts | LineFacts;

/** A file, or a typed line, in its window. */
interface Folded {
  readonly process: Opener;
  readonly key: string;
  readonly facts: Facts;
  readonly sinceNs: bigint;
  count: number;
  over: boolean;
}

/** What is known of a process that opens files. */
interface Opener {
  readonly key: string;
  readonly pid: number | null;
  readonly comm: string | null;
  readonly files: Map<string, Folded>;
  readonly allowance: Allowance;
  readonly lineAllowance: Allowance;
  dropped: number;
}

export type Warning = Pick<RateLimitLine, "rate_limit_warning" | "dropped">;

const newOpener = (key: string, pid: number | null, comm: string | null): Opener => ({
  key,
  pid,
  comm,
  files: new Map(),
  allowance: newAllowance(),
  lineAllowance: newAllowance(),
  dropped: 0,
});

const lineOf = (timestamp: bigint, count: number, facts: Facts, more: Partial<FoldedLine> | Warning | null) =>
  "filepath" in facts ? openLine(timestamp, count, facts, more) : readlineLine(timestamp, count, facts, more);

const keyOf = (tgid: number, startTicks: number | null): string => `${tgid}@${startTicks ?? ""}`;

/**
 * Folds the opens of one file by one process, and the same line typed into one, into a first line and, if there were more, a last one that counts them: when
 * the window is over, when the process ends, when there is no room, at the end. Different files are limited per
 * second; what is dropped is counted and told. The tables are bounded: a file that finds no room makes the oldest one be told,
 * and processes that find none share one limit, so that no process ever goes unlimited.
 */
export class OpenFolder {
  readonly #options: Required<FoldOptions>;
  readonly #openers = new Map<string, Opener>();
  /** In the order of their windows, which are all as long. */
  readonly #files = new FirstInFirstOut<Folded>();
  readonly #others: Opener;
  #inWindow = 0;
  #sweptNs = 0n;
  #folded = 0;
  #droppedInAll = 0;

  constructor(options: FoldOptions) {
    this.#options = { filesMost: 16_384, processesMost: 8192, ...options };
    this.#others = newOpener("", null, null);
  }

  /** Opens that were told by a count alone. */
  get folded(): number {
    return this.#folded;
  }

  /** Opens and lines over the limit. */
  get dropped(): number {
    return this.#droppedInAll;
  }

  get isWaiting(): boolean {
    return this.#inWindow > 0;
  }

  get size(): { readonly files: number; readonly processes: number } {
    return { files: this.#inWindow, processes: this.#openers.size };
  }

  open(event: FileOpenEvent, facts: OpenFacts): void {
    const opener = this.#openerOf(event);
    this.#take(opener, opener.allowance, event.path, facts, event.timestampNs);
  }

  /** A line that was typed, which is folded and limited as files are, with an allowance of its own. */
  readline(event: ReadlineEvent, facts: LineFacts): void {
    const opener = this.#openerOf(event);
    // No path has a NUL.
    this.#take(opener, opener.lineAllowance, `\0${event.text}`, facts, event.timestampNs);
  }

  #take(opener: Opener, allowance: Allowance, key: string, facts: Facts, timeNs: bigint): void {
    const known = opener.files.get(key);
    if (known !== undefined) {
      known.count += 1;
      this.#folded += 1;
      return;
    }
    if (!this.#mayPass(opener, allowance, timeNs)) return;
    this.#options.emit(lineOf(timeNs, 1, facts, this.#takeWarning(opener)));
    // Those without a place of their own are not folded: their files would be each other's.
    if (this.#options.windowNs > 0n && opener !== this.#others) this.#fold(opener, key, facts, timeNs);
  }

  /** Tells what is left of a process that ends, before its end; what it was not allowed is for the line of its end. */
  end(tgid: number, startTicks: number | null, timeNs: bigint): Warning | null {
    const opener = this.#openers.get(keyOf(tgid, startTicks));
    if (opener === undefined) return null;
    for (const file of opener.files.values()) this.#settle(file, timeNs, { reason: "process_exit" });
    this.#openers.delete(opener.key);
    return this.#takeWarning(opener);
  }

  /** Tells the files whose windows are over by now. */
  advance(nowNs: bigint): void {
    for (let first = this.#files.peek(); first !== undefined; first = this.#files.peek()) {
      const endNs = first.sinceNs + this.#options.windowNs;
      if (!first.over && endNs > nowNs) return;
      this.#files.shift();
      if (!first.over) this.#settle(first, endNs, { window_expired: true });
    }
  }

  /** Tells everything that is left. */
  finish(nowNs: bigint): void {
    for (const opener of [...this.#openers.values(), this.#others]) {
      for (const file of opener.files.values()) this.#settle(file, nowNs, { reason: "shutdown" });
      this.#warn(opener, nowNs);
    }
    this.#openers.clear();
  }

  /** A line for a warning that no other line will carry. */
  warnAlone(pid: number | null, comm: string | null, warning: Warning, timeNs: bigint): void {
    this.#options.emit({ timestamp: timeNs, event: "RATE_LIMIT", comm, pid, ...warning });
  }

  #mayPass(opener: Opener, allowance: Allowance, timeNs: bigint): boolean {
    if (allow(allowance, this.#options.perSec, timeNs)) return true;
    opener.dropped += 1;
    this.#droppedInAll += 1;
    return false;
  }

  #openerOf({ tgid, identity, comm, timestampNs }: FileOpenEvent | ReadlineEvent): Opener {
    const key = keyOf(tgid, identity?.startTicks ?? null);
    const known = this.#openers.get(key);
    if (known !== undefined) return known;
    if (this.#openers.size >= this.#options.processesMost) this.#makeRoom(timestampNs);
    if (this.#openers.size >= this.#options.processesMost) return this.#others;
    const opener = newOpener(key, tgid, comm);
    this.#openers.set(key, opener);
    return opener;
  }

  /** Lets go of processes that have opened nothing for a while: at most once a second, so that it costs little. */
  #makeRoom(timeNs: bigint): void {
    if (timeNs - this.#sweptNs < 1_000_000_000n) return;
    this.#sweptNs = timeNs;
    this.#warn(this.#others, timeNs);
    for (const opener of this.#openers.values()) {
      const isQuiet = isIdle(opener.allowance, timeNs) && isIdle(opener.lineAllowance, timeNs);
      if (opener.files.size > 0 || !isQuiet) continue;
      this.#warn(opener, timeNs);
      this.#openers.delete(opener.key);
    }
  }

  #warn(opener: Opener, timeNs: bigint): void {
    const warning = this.#takeWarning(opener);
    if (warning !== null) this.warnAlone(opener.pid, opener.comm, warning, timeNs);
  }

  #takeWarning(opener: Opener): Warning | null {
    const { dropped } = opener;
    if (dropped === 0) return null;
    opener.dropped = 0;
    const what = `${dropped} dropped: more than ${this.#options.perSec} a second`;
    const whose = opener === this.#others ? ` by the processes beyond the first ${this.#options.processesMost}` : "";
    return { rate_limit_warning: `${what}${whose}`, dropped };
  }

  #fold(process: Opener, key: string, facts: Facts, sinceNs: bigint): void {
    const file: Folded = { process, key, facts, sinceNs, count: 1, over: false };
    process.files.set(key, file);
    this.#files.push(file);
    this.#inWindow += 1;
    if (this.#files.size > 2 * this.#inWindow + slack) this.#files.retain(({ over }) => !over);
    while (this.#inWindow > this.#options.filesMost) {
      const oldest = this.#files.shift();
      if (oldest !== undefined && !oldest.over) this.#settle(oldest, sinceNs, { reason: "table_full" });
    }
  }

  #settle(file: Folded, timestamp: bigint, why: Partial<FoldedLine>): void {
    file.over = true;
    file.process.files.delete(file.key);
    this.#inWindow -= 1;
    if (file.count > 1) this.#options.emit(lineOf(timestamp, file.count, file.facts, why));
  }
}
