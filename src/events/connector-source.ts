import type {
  ConnectorExec,
  ConnectorExit,
  ConnectorFork,
  ConnectorRecord,
  FdWatcher,
  ProcConnector,
  ProcessStat,
} from "../kernel/index.ts";
import { bootId, openProcConnector } from "../kernel/index.ts";
import type { ToldProcess } from "./compare-scan.ts";
import { EventLedger } from "./event-ledger.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventSource, SourceCounters } from "./event-source.ts";
import { judgeLeaderEnd, watchGroupEnd } from "./leader-end.ts";
import type { LifecycleEvent } from "./lifecycle-event.ts";
import type { DetailReader } from "./process-details.ts";
import { noDetails, readDetails, unknownOwner } from "./process-details.ts";
import { scanProcesses, statOf } from "./process-scan.ts";
import { Reconciler } from "./reconciler.ts";
import { makeSource } from "./source-stream.ts";

export interface ConnectorOptions {
  readonly receiveBufferBytes: number;
  readonly queueLimit: number;
  readonly signal: AbortSignal | null;
  /** Look up owner and program of each event. */
  readonly details: boolean;
}

/** Bounds the reading before a scan when events come as fast as they are read. */
const mostBatches = 64;

/** Most records of a batch that are looked through for what a process did next. */
const lookAhead = 1024;

/** Whether a fork is that of the process that is told already: it has its start, or came before it was seen. */
const isForkOf = (told: ToldProcess, startTicks: number | null, timestampNs: bigint): boolean =>
  (startTicks !== null && told.startTicks === startTicks) || timestampNs < told.sinceNs;

/** The first event of a process in a batch from an index on. */
function nextOf(records: readonly ConnectorRecord[], from: number, tgid: number): ConnectorRecord | null {
  for (let at = from; at < records.length; at += 1) {
    const record = records[at];
    if (record !== undefined && record.kind !== "ack" && record.kind !== "comm" && record.tgid === tgid) return record;
  }
  return null;
}

class ConnectorReader {
  readonly #connector: ProcConnector;
  readonly #queue: EventQueue<LifecycleEvent>;
  readonly #details: DetailReader;
  readonly #onError: (reason: unknown) => void;
  readonly #ledger: EventLedger;
  readonly #waits = new Map<number, AbortController>();
  readonly #reconciler: Reconciler;

  /** @param onError the kernel refuses to tell more */
  constructor(
    connector: ProcConnector,
    queue: EventQueue<LifecycleEvent>,
    details: DetailReader,
    onError: (reason: unknown) => void,
  ) {
    this.#connector = connector;
    this.#queue = queue;
    this.#details = details;
    this.#onError = onError;
    this.#ledger = new EventLedger("proc connector", queue, details);
    this.#ledger.adopt(scanProcesses());
    this.#reconciler = new Reconciler({
      queue,
      ledger: this.#ledger,
      readAll: () => this.readAll(),
      narrow: (scan) => scan,
      lost: () => this.#lost(),
    });
  }

  /** Handles one batch and returns how many records it had. */
  read(): number {
    const records = this.#receive();
    for (let at = 0; at < records.length; at += 1) this.#handle(records, at);
    this.#reconciler.noticeLoss();
    return records.length;
  }

  #receive(): ConnectorRecord[] {
    try {
      return this.#connector.receive();
    } catch (thrown) {
      // Nobody is there to catch it: this is called by the event loop, or in the middle of a batch.
      this.#onError(thrown);
      return [];
    }
  }

  counters(): SourceCounters {
    const { dropped, gapsByCpu } = this.#connector.loss();
    const gaps = [...gapsByCpu.values()].reduce((sum, count) => sum + count, 0);
    return {
      told: this.#queue.accepted,
      // A gap shows a drop again, later.
      lost: { kernelBuffer: dropped, neverSent: Math.max(0, gaps - dropped), queue: this.#queue.refused, traces: 0 },
      reconciliations: this.#reconciler.reconciliations,
      reconciled: this.#ledger.reconciled,
    };
  }

  /** Reads everything that has arrived. */
  readAll(): void {
    for (let batch = 0; batch < mostBatches && this.read() > 0; batch += 1);
  }

  /** As `readAll`, and looks after those whose leader has ended. */
  readLast(): void {
    this.readAll();
    if (this.#waits.size > 0) this.#reconciler.scanSoon();
    this.#reconciler.flush();
  }

  stop(): void {
    this.#reconciler.stop();
    for (const wait of this.#waits.values()) wait.abort();
    this.#waits.clear();
    this.#connector.close();
  }

  /** Handles one record; more that arrive meanwhile are added to the batch. */
  #handle(records: ConnectorRecord[], at: number): void {
    const record = records[at];
    if (record?.kind === "fork") this.#onFork(record);
    else if (record?.kind === "exec") this.#onExec(record);
    else if (record?.kind === "exit") this.#onLeaderEnd(record, () => this.#executesNext(records, at, record.tgid));
    else if (record?.kind === "comm") this.#ledger.rename(record.tgid, record.comm);
  }

  /** Whether the next event of the process is an exec: then its end was that of a leader that another thread replaced. */
  #executesNext(records: ConnectorRecord[], at: number, tgid: number): boolean {
    const behind = records.length;
    const next = nextOf(records, at + 1, tgid);
    if (next !== null || behind - at >= lookAhead) return next?.kind === "exec";
    // It may have ended since: all that it did is under way.
    records.push(...this.#receive());
    return nextOf(records, behind, tgid)?.kind === "exec";
  }

  #onFork({ tgid, parentTgid: ppid, timestampNs }: ConnectorFork): void {
    const startTicks = statOf(tgid)?.startTicks ?? null;
    const told = this.#ledger.toldOf(tgid);
    const isTold = told !== null && isForkOf(told, startTicks, timestampNs);
    // A scan was quicker.
    if (isTold && !told.adopted) return;
    // The pid is used again: the end of its former process was lost.
    if (told !== null && !isTold) this.#tellExit(tgid, told, { timestampNs, status: null, reconciled: true });
    const start = isTold ? told.startTicks : startTicks;
    const common = { tgid, ppid, timestampNs, reconciled: false, ...this.#details.owner(tgid) };
    this.#ledger.fork({ kind: "fork", ...common }, start);
  }

  #onExec({ tgid, timestampNs }: ConnectorExec): void {
    this.#endWait(tgid);
    const told = this.#ledger.toldOf(tgid);
    const now = statOf(tgid);
    const startTicks = told?.startTicks ?? now?.startTicks ?? null;
    const stat = now?.startTicks === startTicks ? now : null;
    const ppid = stat?.ppid ?? told?.ppid ?? null;
    const comm = stat?.comm ?? null;
    const common = { tgid, ppid, comm, timestampNs, reconciled: false, ...this.#details.owner(tgid) };
    this.#ledger.exec({ kind: "exec", ...common, filename: null, ...this.#details.program(tgid) }, startTicks);
  }

  #onLeaderEnd({ tgid, timestampNs, status, parentTgid }: ConnectorExit, executesNext: () => boolean): void {
    const told = this.#ledger.toldOf(tgid);
    const stat = statOf(tgid);
    const end = judgeLeaderEnd(stat, told?.startTicks ?? null);
    if (end === "others go on" && stat !== null) return void this.#awaitOthers(stat, status);
    if (end === "was replaced" || executesNext()) return;
    // Before Linux 4.18 the parent is not told.
    const ppid = parentTgid === 0 ? (told?.ppid ?? null) : parentTgid;
    this.#tellExit(tgid, told, { timestampNs, status, ppid });
  }

  #tellExit(
    tgid: number,
    told: ToldProcess | null,
    end: { timestampNs: bigint; status: number | null; ppid?: number | null; reconciled?: boolean },
  ): void {
    const { timestampNs, status, ppid = told?.ppid ?? null, reconciled = false } = end;
    this.#endWait(tgid);
    const { uid, cgroupId } = told ?? unknownOwner;
    const common = { tgid, ppid, uid, cgroupId, timestampNs, reconciled };
    this.#ledger.exit({ kind: "exit", ...common, status }, told?.startTicks ?? null);
  }

  #lost(): number {
    const { kernelBuffer, neverSent, queue } = this.counters().lost;
    return kernelBuffer + neverSent + queue;
  }

  async #awaitOthers({ pid, startTicks }: ProcessStat, leaderStatus: number): Promise<void> {
    const wait = new AbortController();
    this.#endWait(pid);
    this.#waits.set(pid, wait);
    const isWaiting = (): boolean => this.#waits.get(pid) === wait;
    let status: number | null;
    try {
      status = await watchGroupEnd({ bootId: bootId(), pid, startTicks }, leaderStatus, wait.signal);
    } catch {
      // Aborted, or no descriptor could be had: then a scan will find the end.
      if (isWaiting()) this.#reconciler.scanSoon();
      return;
    }
    const told = this.#ledger.toldOf(pid);
    // A scan may have told it meanwhile.
    if (!isWaiting() || (told !== null && told.startTicks !== startTicks)) return;
    this.#tellExit(pid, told, { timestampNs: process.hrtime.bigint(), status });
  }

  #endWait(tgid: number): void {
    this.#waits.get(tgid)?.abort();
    this.#waits.delete(tgid);
  }
}

/**
 * Events from the proc connector.
 * @throws CorralError as `openProcConnector` does
 */
export function openConnectorSource(options: ConnectorOptions): EventSource {
  const { receiveBufferBytes, queueLimit, signal, details } = options;
  const connector = openProcConnector(receiveBufferBytes);
  try {
    const queue = new EventQueue<LifecycleEvent>(queueLimit);
    const onError = (reason: unknown): void => fail(reason);
    const reader = new ConnectorReader(connector, queue, details ? readDetails : noDetails, onError);
    const stop = (): void => {
      watcher.close();
      reader.stop();
    };
    const counters = () => reader.counters();
    const { source, fail } = makeSource({
      name: "proc connector",
      pollIntervalMs: null,
      counters,
      queue,
      signal,
      readAll: () => reader.readAll(),
      readLast: () => reader.readLast(),
      stop,
    });
    const watcher: FdWatcher = connector.watch(() => reader.read(), onError);
    return source;
  } catch (thrown) {
    connector.close();
    throw thrown;
  }
}
