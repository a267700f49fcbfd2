import type {
  BpfExec,
  BpfExit,
  BpfLifecycle,
  BpfOpen,
  BpfProgram,
  BpfReadline,
  ProcessIdentity,
} from "../kernel/index.ts";
import { bootId, toPid, uptimeTicks } from "../kernel/index.ts";
import type { GroupTest } from "./cgroup-id.ts";
import type { ToldProcess } from "./compare-scan.ts";
import { EventLedger, splitStatus } from "./event-ledger.ts";
import type { EventQueue } from "./event-queue.ts";
import type { SourceCounters } from "./event-source.ts";
import type { ExecEvent, ExitEvent, ForkEvent } from "./lifecycle-event.ts";
import { PacedReader } from "./paced-reader.ts";
import { noDetails, readDetails } from "./process-details.ts";
import type { ProcessScan } from "./process-scan.ts";
import { scanProcesses } from "./process-scan.ts";
import { programFile } from "./program-file.ts";
import { Reconciler } from "./reconciler.ts";
import type { FileOpenEvent, ReadlineEvent, TraceEvent } from "./trace-event.ts";

/** The attached programs; null for what was not asked for or cannot be had. */
export interface BpfPrograms {
  readonly lifecycle: BpfProgram<BpfLifecycle>;
  readonly opens: BpfProgram<BpfOpen> | null;
  readonly readline: BpfProgram<BpfReadline> | null;
}

/** Between two questions after interrupted programs, each a few system calls. */
const missesNs = 250_000_000n;

const source = "bpf";

/** Turns the records of the programs into events. */
export class BpfReader {
  readonly #programs: BpfPrograms;
  readonly #queue: EventQueue<TraceEvent>;
  readonly #isMember: GroupTest | null;
  readonly #ledger: EventLedger;
  readonly #reconciler: Reconciler;
  readonly #lifecycle: PacedReader<BpfLifecycle>;
  readonly #traces: readonly PacedReader<never>[];
  readonly #bootId = bootId();
  readonly #openedTicks = uptimeTicks();
  #refusedTraces = 0;
  #misses = 0;
  #missesAtNs = 0n;
  #missesAsked: NodeJS.Immediate | null = null;

  /**
   * @param isMember null: events of all groups are told
   * @param onError a ring can no longer be watched
   * @param leisureMs as TraceSourceOptions have it
   */
  constructor(
    programs: BpfPrograms,
    queue: EventQueue<TraceEvent>,
    isMember: GroupTest | null,
    onError: (reason: unknown) => void,
    leisureMs: () => number = () => 0,
  ) {
    this.#programs = programs;
    this.#queue = queue;
    this.#isMember = isMember;
    this.#ledger = new EventLedger(source, queue, readDetails);
    this.#ledger.adopt(this.#narrow(scanProcesses()), noDetails);
    const lost = (): number => programs.lifecycle.lost() + this.#knownMisses() + this.#refusedLifecycle;
    this.#reconciler = new Reconciler({
      queue,
      ledger: this.#ledger,
      lost,
      readAll: () => this.#lifecycle.readAll(),
      narrow: (scan) => this.#narrow(scan),
    });
    this.#lifecycle = new PacedReader(programs.lifecycle, {
      handle: (record) => this.#onLifecycle(record),
      before: () => {},
      onRead: () => this.#reconciler.noticeLoss(),
      mayWait: ({ kind }) => kind !== "exec",
      leisureMs,
      onError,
    });
    const traces = [programs.opens, programs.readline].filter((program) => program !== null);
    this.#traces = traces.map(
      (program) =>
        new PacedReader<never>(program as BpfProgram<never>, {
          handle: (record: BpfOpen | BpfReadline) => this.#onTrace(record),
          // So that nothing is told of a program before its exec.
          before: () => this.#lifecycle.readAll(),
          onRead: () => this.#reconciler.noticeLoss(),
          onError,
        }),
    );
  }

  counters(): SourceCounters {
    const { lifecycle, opens, readline } = this.#programs;
    const lostTraces = [opens, readline].reduce((sum, one) => sum + (one === null ? 0 : one.lost() + one.misses()), 0);
    return {
      told: this.#queue.accepted,
      lost: {
        kernelBuffer: lifecycle.lost(),
        neverSent: lifecycle.misses(),
        queue: this.#refusedLifecycle,
        traces: lostTraces + this.#refusedTraces,
      },
      reconciliations: this.#reconciler.reconciliations,
      reconciled: this.#ledger.reconciled,
    };
  }

  /** Reads everything that was written before the call. */
  readAll(): void {
    this.#lifecycle.readAll();
    for (const reader of this.#traces) reader.readAll();
    this.#reconciler.noticeLoss();
  }

  /** As `readAll`, and what was lost is looked for at once. */
  readLast(): void {
    this.#askMisses();
    this.readAll();
    this.#reconciler.flush();
  }

  /**
   * Whether a process still runs, by what the programs have told until now: its end is told before its pid is free for
   * another. Quicker than /proc by far. Null: something was lost, so that its end may have been, too; or the programs tell of one group
   * alone, which it may have left.
   */
  stillRuns({ pid, startTicks }: ProcessIdentity): boolean | null {
    this.#lifecycle.readAll();
    if (this.#isMember !== null || !this.#reconciler.isComplete) return null;
    return this.#ledger.toldOf(pid)?.startTicks === startTicks;
  }

  stop(): void {
    if (this.#missesAsked !== null) clearImmediate(this.#missesAsked);
    this.#reconciler.stop();
    this.#lifecycle.stop();
    for (const reader of this.#traces) reader.stop();
  }

  get #refusedLifecycle(): number {
    return this.#queue.refused;
  }

  /** As last asked. It takes as long as all else that is done for an event, and is done after that therefore. */
  #knownMisses(): number {
    if (process.hrtime.bigint() - this.#missesAtNs >= missesNs)
      this.#missesAsked ??= setImmediate(() => {
        this.#askMisses();
        this.#reconciler.noticeLoss();
      });
    return this.#misses;
  }

  #askMisses(): void {
    if (this.#missesAsked !== null) clearImmediate(this.#missesAsked);
    this.#missesAsked = null;
    this.#misses = this.#programs.lifecycle.misses();
    this.#missesAtNs = process.hrtime.bigint();
  }

  /** Of a scan, the processes that the programs tell of, and those told of already that have moved elsewhere. */
  #narrow(scan: ProcessScan): ProcessScan {
    const isMember = this.#isMember;
    if (isMember === null) return scan;
    isMember.renew();
    const concerns = (tgid: number): boolean => this.#ledger.toldOf(tgid) !== null || isMember.test(tgid);
    return { ...scan, running: new Map([...scan.running].filter(([tgid]) => concerns(tgid))) };
  }

  #identityOf(tgid: number, startTicks: number): ProcessIdentity {
    return { bootId: this.#bootId, pid: toPid(tgid), startTicks };
  }

  #onLifecycle(record: BpfLifecycle): void {
    const { kind, tgid, timestampNs, startTicks } = record;
    const told = this.#ledger.toldOf(tgid);
    const isTold = told !== null && told.startTicks === startTicks;
    // A scan was quicker.
    if (isTold && !told.adopted && kind !== "exit" && told.sinceNs > timestampNs) return;
    // The pid is used again: the end of its former process was lost.
    if (told !== null && !isTold) this.#tellLostExit(tgid, told, timestampNs);
    // Nothing begins with an exec, unless it began before us or came into the group later.
    if (kind === "exec" && !isTold && this.#isMember === null && startTicks > this.#openedTicks)
      this.#ledger.tell(this.#toFork(record, true));
    if (kind === "fork") this.#ledger.tell(this.#toFork(record, false));
    else if (kind === "exec") this.#ledger.tell(this.#toExec(record));
    else this.#ledger.tell(this.#toExit(record));
  }

  // Members are written out: at a million events a second a spread would be most of the work.

  #toFork(record: BpfLifecycle, reconciled: boolean): ForkEvent {
    const { tgid, startTicks, ppid, uid, cgroupId, timestampNs } = record;
    const identity = this.#identityOf(tgid, startTicks);
    return { kind: "fork", tgid, identity, ppid, uid, cgroupId, timestampNs, source, reconciled };
  }

  #toExec(record: BpfExec): ExecEvent {
    const { tgid, startTicks, ppid, uid, cgroupId, timestampNs, comm, filename, argv, argvTruncated } = record;
    const identity = this.#identityOf(tgid, startTicks);
    const reconciled = false;
    const exe = record.exe ?? programFile({ tgid, identity, comm, argv });
    return {
      kind: "exec",
      tgid,
      identity,
      ppid,
      uid,
      cgroupId,
      timestampNs,
      source,
      reconciled,
      comm,
      filename,
      exe,
      argv,
      argvTruncated,
    };
  }

  #toExit(record: BpfExit): ExitEvent {
    const { tgid, startTicks, ppid, uid, cgroupId, timestampNs, status } = record;
    const identity = this.#identityOf(tgid, startTicks);
    const { code, signal, coreDumped } = splitStatus(status);
    const reconciled = false;
    return {
      kind: "exit",
      tgid,
      identity,
      ppid,
      uid,
      cgroupId,
      timestampNs,
      source,
      reconciled,
      status,
      code,
      signal,
      coreDumped,
    };
  }

  #tellLostExit(tgid: number, told: ToldProcess, timestampNs: bigint): void {
    const { ppid, uid, cgroupId, startTicks } = told;
    this.#ledger.exit(
      { kind: "exit", tgid, ppid, uid, cgroupId, timestampNs, status: null, reconciled: true },
      startTicks,
    );
  }

  /** Opens and lines leave half of the queue to what cannot be left out. */
  #onTrace(record: BpfOpen | BpfReadline): void {
    if (this.#queue.isHalfFull) this.#refusedTraces += 1;
    else this.#queue.push(this.#toTrace(record));
  }

  #toTrace(record: BpfOpen | BpfReadline): FileOpenEvent | ReadlineEvent {
    const { kind, tgid, uid, cgroupId, timestampNs, comm } = record;
    const identity = this.#identityOf(tgid, record.startTicks);
    if (kind === "readline") {
      const { text, truncated } = record;
      return { kind, tgid, identity, uid, cgroupId, timestampNs, comm, source, text, truncated };
    }
    const { path, flags, result } = record;
    return { kind, tgid, identity, uid, cgroupId, timestampNs, comm, source, path, flags, result };
  }
}
