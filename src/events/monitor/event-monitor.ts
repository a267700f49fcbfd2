import type { FeedItem, FeedOrigin, RunningItem } from "../feed-item.ts";
import type { ExitEvent, ProcessOwner } from "../lifecycle-event.ts";
import type { FileOpenEvent, ReadlineEvent, TraceEvent } from "../trace-event.ts";
import type { ProcessNode } from "../tree/index.ts";
import { ProcessTree } from "../tree/index.ts";
import { OpenFolder } from "./fold-opens.ts";
import { HoldBack } from "./hold-back.ts";
import { execLine, exitLine, forkLine, lineFacts, lostLine, openFacts } from "./make-line.ts";
import type { Emit, MonitorLine } from "./monitor-line.ts";
import type { MonitorOptions } from "./monitor-options.ts";
import type { FilterFacts, Verdict } from "./process-filter.ts";
import { GroupPaths, processFilter } from "./process-filter.ts";
import { TimeOrder } from "./time-order.ts";
import { ProcessTracker } from "./track-processes.ts";

/** Clock ticks of start times (USER_HZ: 100 a second wherever Node runs). */
const tickNs = 10_000_000n;

/** How much later than others an event may arrive, besides the interval of polling. */
const settleNs = 50_000_000n;

/** What a monitor has done. */
export interface MonitorCounts {
  readonly events: number;
  readonly lines: number;
  /** Processes that lived shorter than was asked for. */
  readonly short: number;
  /** Events that were left out because a filter asks for what was not told of them. */
  readonly unjudged: number;
  /** Execs of which nobody told the file that runs. */
  readonly unknownFiles: number;
  /** Opens that were told by a count alone, and opens and lines over the limit. */
  readonly folded: number;
  readonly dropped: number;
  readonly lost: number;
}

/**
 * Turns a feed into the lines that were asked for. Nothing but the feed decides: the same items make the same lines,
 * whether they come from the kernel now or from a recording.
 */
export class EventMonitor {
  readonly #options: MonitorOptions;
  readonly #origin: FeedOrigin;
  readonly #tree = new ProcessTree();
  readonly #tracker: ProcessTracker | null;
  readonly #groups = new GroupPaths();
  readonly #judge: (facts: FilterFacts) => Verdict;
  readonly #hold: HoldBack;
  readonly #opens: OpenFolder;
  readonly #emit: Emit;
  /** Opened files and lines arrive on other ways than the life of processes. Null: there is one way only. */
  readonly #order: TimeOrder<TraceEvent> | null;
  #scan: RunningItem[] = [];
  #nowNs = 0n;
  #events = 0;
  #lines = 0;
  #unjudged = 0;
  #unknownFiles = 0;
  #lost = 0;

  /** @throws RangeError for a pattern that is none */
  constructor(options: MonitorOptions, origin: FeedOrigin, emit: Emit) {
    const { select, minDurationNs, openWindowNs, tracesPerSec } = options;
    this.#options = options;
    this.#origin = origin;
    this.#emit = (line) => {
      this.#lines += 1;
      emit(line);
    };
    this.#tracker = select === null ? null : new ProcessTracker(this.#tree, select);
    // What the source has filtered need not be known here.
    const cgroup = options.cgroup === origin.cgroup ? null : options.cgroup;
    this.#judge = processFilter({ ...options, cgroup }, this.#groups);
    const lateNs = settleNs + BigInt(origin.pollIntervalMs ?? 0) * 1_000_000n;
    this.#hold = new HoldBack({ minDurationNs, settleNs: lateNs, emit: this.#emit });
    this.#order = options.opens || options.readline ? new TimeOrder(settleNs, (event) => this.#takeEvent(event)) : null;
    this.#opens = new OpenFolder({ windowNs: openWindowNs, perSec: tracesPerSec, emit: this.#emit });
  }

  /** Whether time alone will bring out more lines: then the feed must tick. */
  get isWaiting(): boolean {
    return this.#hold.isWaiting || this.#opens.isWaiting || this.#order?.isWaiting === true;
  }

  counts(): MonitorCounts {
    const { folded, dropped } = this.#opens;
    const counts = { events: this.#events, lines: this.#lines, unjudged: this.#unjudged, lost: this.#lost };
    return { ...counts, unknownFiles: this.#unknownFiles, short: this.#hold.short, folded, dropped };
  }

  take(item: FeedItem): void {
    if (item.kind === "running") return void this.#scan.push(item);
    if (item.kind === "group") return this.#groups.add(item.id, item.path);
    this.#begin();
    if (item.kind === "loss") this.#tellLoss(lostLine(item));
    else if (item.kind !== "tick") this.#queue(item);
    this.#advance(item.timestampNs);
  }

  /** Tells what is left at the end. */
  finish(timeNs: bigint): void {
    this.#begin();
    this.#advance(timeNs);
    this.#order?.finish();
    this.#hold.finish(this.#nowNs);
    this.#opens.finish(this.#nowNs);
  }

  #begin(): void {
    const [first] = this.#scan;
    if (first === undefined) return;
    this.#tree.adopt(this.#scan, first.timestampNs);
    this.#tracker?.begin();
    this.#scan = [];
  }

  #advance(timeNs: bigint): void {
    if (timeNs > this.#nowNs) this.#nowNs = timeNs;
    this.#order?.advance(this.#nowNs);
    this.#hold.advance(this.#nowNs);
    this.#opens.advance(this.#order === null ? this.#nowNs : this.#nowNs - settleNs);
  }

  #queue(event: TraceEvent): void {
    this.#events += 1;
    if (this.#order === null) this.#takeEvent(event);
    else this.#order.push(event);
  }

  #takeEvent(event: TraceEvent): void {
    if (event.kind === "open" || event.kind === "readline") return this.#takeTrace(event);
    const node = this.#tree.apply(event);
    if (event.kind === "exec" && event.exe === null) this.#unknownFiles += 1;
    if (node === null) return;
    if (event.kind !== "exit") this.#tracker?.consider(node);
    if (event.kind === "exit") this.#takeEnd(node, event);
    else if (event.kind === "exec") this.#tell(node, execLine(node, event, this.#pathOf));
    else if (this.#options.forks) this.#tell(node, forkLine(node, event, this.#pathOf));
  }

  readonly #pathOf = (id: bigint | null): string | null => this.#groups.pathOf(id);

  #tell(node: ProcessNode, line: MonitorLine): void {
    if (!this.#tells(node, node, "life")) return;
    if (this.#options.minDurationNs === 0n) this.#emit(line);
    else this.#hold.tell(node, this.#startOf(node), line);
  }

  #takeEnd(node: ProcessNode, event: ExitEvent): void {
    const { timestampNs: timeNs } = event;
    const isWanted = this.#tells(node, node, "life");
    const isShort = this.#options.minDurationNs > 0n && this.#hold.end(node, this.#startOf(node), timeNs, isWanted);
    const warning = this.#opens.end(node.tgid, node.identity?.startTicks ?? null, timeNs);
    if (isWanted && !isShort) this.#emit(exitLine(node, event, this.#pathOf, warning));
    else if (warning !== null) this.#opens.warnAlone(node.tgid, node.program?.comm ?? null, warning, timeNs);
  }

  #takeTrace(event: FileOpenEvent | ReadlineEvent): void {
    const { opens, readline } = this.#options;
    if (event.kind === "open" ? !opens : !readline) return;
    const node = this.#tree.find(event.tgid);
    const owner = { uid: event.uid ?? node?.uid ?? null, cgroupId: event.cgroupId ?? node?.cgroupId ?? null };
    if (!this.#tells(node, owner, event.kind === "open" ? "open" : "life")) return;
    if (event.kind === "open") this.#opens.open(event, openFacts(event, owner, this.#pathOf));
    else this.#opens.readline(event, lineFacts(event, owner, this.#pathOf));
  }

  #tells(node: ProcessNode | null, { uid, cgroupId }: ProcessOwner, what: "life" | "open"): boolean {
    const { mode } = this.#options;
    const treesOnly = mode === 2 || (mode === 1 && what === "open");
    const isFollowed = this.#tracker === null || (node !== null && this.#tracker.isFollowed(node));
    if (treesOnly && !isFollowed) return false;
    const verdict = this.#judge({ uid, cgroupId, exe: node?.program?.exe ?? null });
    if (verdict === "not told") this.#unjudged += 1;
    return verdict === "fits";
  }

  #tellLoss(line: ReturnType<typeof lostLine>): void {
    this.#lost += line.count;
    this.#emit(line);
  }

  /** When a process began: as its fork tells, else to a hundredth of a second as its start time tells. */
  #startOf({ forkNs, identity, execNs }: ProcessNode): bigint | null {
    if (forkNs !== null) return forkNs;
    if (identity === null) return execNs;
    return this.#origin.startNs - BigInt(this.#origin.startTicks - identity.startTicks) * tickNs;
  }
}
