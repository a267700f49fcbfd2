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
import { scanProcesses, statOf } from "./process-scan.ts";
import { makeSource } from "./source-stream.ts";

export interface ConnectorOptions {
  readonly receiveBufferBytes: number;
  readonly queueLimit: number;
  readonly signal: AbortSignal | null;
}

/** From the notice of a loss to the scan: a burst is over by then, and a second is not. */
const scanDelayMs = 250;

/** Bounds the reading before a scan when events come as fast as they are read. */
const mostBatches = 64;

/** Most records of a batch that are looked through for what a process did next. */
const lookAhead = 1024;

/** Whether a fork is that of the process that is told already: it has its start, or came before it was seen. */
const isForkOf = (told: ToldProcess, startTicks: number | null, timestampNs: bigint): boolean =>
  (startTicks !== null && told.startTicks === startTicks) || timestampNs < told.sinceNs;

class ConnectorReader {
  readonly #connector: ProcConnector;
  readonly #queue: EventQueue<LifecycleEvent>;
  readonly #ledger: EventLedger;
  readonly #waits = new Map<number, AbortController>();
  #scanTimer: NodeJS.Timeout | null = null;
  #lossNoticed = 0;
  #reconciliations = 0;

  constructor(connector: ProcConnector, queue: EventQueue<LifecycleEvent>) {
    this.#connector = connector;
    this.#queue = queue;
    this.#ledger = new EventLedger("proc connector", queue);
    this.#ledger.adopt(scanProcesses());
  }

  /** Handles one batch and returns how many records it had. */
  read(): number {
    const records = this.#connector.receive();
    for (let at = 0; at < records.length; at += 1) this.#handle(records, at);
    this.#noticeLoss();
    return records.length;
  }

  counters(): SourceCounters {
    const { dropped, gapsByCpu } = this.#connector.loss();
    const gaps = [...gapsByCpu.values()].reduce((sum, count) => sum + count, 0);
    return {
      told: this.#queue.accepted,
      // A gap shows a drop again, later.
      lost: { kernelBuffer: dropped, neverSent: Math.max(0, gaps - dropped), queue: this.#queue.refused },
      reconciliations: this.#reconciliations,
      reconciled: this.#ledger.reconciled,
    };
  }

  stop(): void {
    if (this.#scanTimer !== null) clearTimeout(this.#scanTimer);
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
    const isNext = (record: ConnectorRecord, index: number): boolean =>
      index > at && record.kind !== "ack" && record.kind !== "comm" && record.tgid === tgid;
    // It may have ended since: all that it did is under way.
    if (!records.some(isNext) && records.length - at < lookAhead) records.push(...this.#connector.receive());
    return records.find(isNext)?.kind === "exec";
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
    this.#ledger.fork({ kind: "fork", tgid, ppid, timestampNs, reconciled: false }, start);
  }

  #onExec({ tgid, timestampNs }: ConnectorExec): void {
    this.#endWait(tgid);
    const told = this.#ledger.toldOf(tgid);
    const now = statOf(tgid);
    const startTicks = told?.startTicks ?? now?.startTicks ?? null;
    const stat = now?.startTicks === startTicks ? now : null;
    const ppid = stat?.ppid ?? told?.ppid ?? null;
    const comm = stat?.comm ?? null;
    this.#ledger.exec({ kind: "exec", tgid, ppid, comm, timestampNs, reconciled: false }, startTicks);
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
    this.#ledger.exit({ kind: "exit", tgid, ppid, timestampNs, status, reconciled }, told?.startTicks ?? null);
  }

  #noticeLoss(): void {
    const { kernelBuffer, neverSent, queue } = this.counters().lost;
    const loss = kernelBuffer + neverSent + queue;
    if (loss !== this.#lossNoticed) this.#scanSoon();
    this.#lossNoticed = loss;
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
      if (isWaiting()) this.#scanSoon();
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

  #scanSoon(): void {
    this.#scanTimer ??= setTimeout(() => {
      this.#scanTimer = null;
      this.#reconcile();
    }, scanDelayMs);
  }

  /** What has arrived is handled before and after the scan, so that the scan tells only what never will. */
  #reconcile(): void {
    if (this.#queue.isHalfFull) return this.#scanSoon();
    this.#readAll();
    const scan = scanProcesses();
    this.#readAll();
    this.#reconciliations += 1;
    this.#ledger.compare(scan, true);
    // What it told may not have fitted into the queue.
    this.#noticeLoss();
  }

  #readAll(): void {
    for (let batch = 0; batch < mostBatches && this.read() > 0; batch += 1);
  }
}

/**
 * Events from the proc connector.
 * @throws CorralError as `openProcConnector` does
 */
export function openConnectorSource({ receiveBufferBytes, queueLimit, signal }: ConnectorOptions): EventSource {
  const connector = openProcConnector(receiveBufferBytes);
  try {
    const queue = new EventQueue<LifecycleEvent>(queueLimit);
    const reader = new ConnectorReader(connector, queue);
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
      stop,
    });
    const watcher: FdWatcher = connector.watch(() => reader.read(), fail);
    return source;
  } catch (thrown) {
    connector.close();
    throw thrown;
  }
}
