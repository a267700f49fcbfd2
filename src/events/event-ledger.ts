import type { ProcessIdentity } from "../kernel/index.ts";
import { bootId, toPid } from "../kernel/index.ts";
import type { Change, ToldProcess } from "./compare-scan.ts";
import { compareScan } from "./compare-scan.ts";
import type { EventQueue } from "./event-queue.ts";
import type { ExecEvent, ExitEvent, ForkEvent, LifecycleEvent, SourceName } from "./lifecycle-event.ts";
import type { DetailReader } from "./process-details.ts";
import type { ProcessScan } from "./process-scan.ts";
import { isZombie, statOf } from "./process-scan.ts";

type LifecycleQueue = Pick<EventQueue<LifecycleEvent>, "push">;

type Untold<E extends LifecycleEvent> = Omit<E, "source" | "identity" | "code" | "signal" | "coreDumped">;

const identityFor = (tgid: number, startTicks: number | null): ProcessIdentity | null =>
  startTicks === null ? null : { bootId: bootId(), pid: toPid(tgid), startTicks };

/** Code, signal and core flag of a status in the form of wait(2). */
export function splitStatus(status: number | null): Pick<ExitEvent, "status" | "code" | "signal" | "coreDumped"> {
  if (status === null) return { status, code: null, signal: null, coreDumped: null };
  const signal = status & 0x7f;
  return signal === 0
    ? { status, code: (status >> 8) & 0xff, signal: null, coreDumped: false }
    : { status, code: null, signal, coreDumped: (status & 0x80) !== 0 };
}

function isRunning(tgid: number, startTicks: number): boolean {
  const stat = statOf(tgid);
  return stat?.startTicks === startTicks && !isZombie(stat);
}

/**
 * What the reader of a source has been told. Only an event that the reader's queue took counts as told, so that a
 * later scan finds what is missing, whoever lost it.
 */
export class EventLedger {
  readonly #source: SourceName;
  readonly #queue: LifecycleQueue;
  readonly #details: DetailReader;
  readonly #told = new Map<number, ToldProcess>();
  #reconciled = 0;

  /** @param details for what a scan finds, and for what runs at the opening */
  constructor(source: SourceName, queue: LifecycleQueue, details: DetailReader) {
    this.#source = source;
    this.#queue = queue;
    this.#details = details;
  }

  /** Events told because a scan found that they were missing. */
  get reconciled(): number {
    return this.#reconciled;
  }

  toldOf(tgid: number): ToldProcess | null {
    return this.#told.get(tgid) ?? null;
  }

  /** Takes what runs at the opening as told, although it is not. */
  adopt(scan: ProcessScan, details = this.#details): void {
    for (const { tgid, startTicks, ppid, comm, executed } of scan.running.values()) {
      const owner = details.owner(tgid);
      this.#told.set(tgid, { startTicks, ppid, comm, executed, adopted: true, sinceNs: scan.timeNs, ...owner });
    }
  }

  fork(event: Untold<ForkEvent>, startTicks: number | null): void {
    this.tell({ ...event, source: this.#source, identity: identityFor(event.tgid, startTicks) });
  }

  exec(event: Untold<ExecEvent>, startTicks: number | null): void {
    this.tell({ ...event, source: this.#source, identity: identityFor(event.tgid, startTicks) });
  }

  exit(event: Untold<ExitEvent>, startTicks: number | null): void {
    const identity = identityFor(event.tgid, startTicks);
    this.tell({ ...event, source: this.#source, identity, ...splitStatus(event.status) });
  }

  /** Tells a whole event, and notes what it says if the queue takes it. */
  tell(event: LifecycleEvent): void {
    if (!this.#push(event)) return;
    const { tgid, kind } = event;
    if (kind === "exit") return void this.#told.delete(tgid);
    const executed = kind === "exec";
    const { identity, ppid, uid, cgroupId, timestampNs: sinceNs } = event;
    const startTicks = identity?.startTicks ?? null;
    const comm = executed ? event.comm : null;
    this.#told.set(tgid, { startTicks, ppid, comm, executed, adopted: false, sinceNs, uid, cgroupId });
  }

  /** Notes a change of name, which is no event but would look like an exec to a scan. */
  rename(tgid: number, comm: string): void {
    const told = this.#told.get(tgid);
    if (told !== undefined) this.#told.set(tgid, { ...told, comm });
  }

  /** Tells everything that a scan shows to be missing. `reconciled` tells a loss from the ordinary work of polling. */
  compare(scan: ProcessScan, reconciled: boolean): void {
    for (const change of compareScan(this.#told, scan)) {
      this.#tellChange(change, scan.timeNs, reconciled);
    }
  }

  #tellChange(change: Change, timestampNs: bigint, reconciled: boolean): void {
    const { kind } = change;
    if (kind === "exit") {
      const { tgid, told, status } = change;
      const { ppid, uid, cgroupId } = told;
      return this.exit({ kind, tgid, ppid, uid, cgroupId, timestampNs, reconciled, status }, told.startTicks);
    }
    const { tgid, ppid, comm, startTicks } = change.seen;
    // Its end may have been told since the scan saw it; and a start that was refused has no exec.
    const missing = kind === "fork" ? isRunning(tgid, startTicks) : this.#told.has(tgid);
    if (!missing) return;
    const common = { tgid, ppid, timestampNs, reconciled, ...this.#details.owner(tgid) };
    if (kind === "fork") this.fork({ kind, ...common }, startTicks);
    else this.exec({ kind, ...common, comm, filename: null, ...this.#details.program(tgid) }, startTicks);
  }

  #push(event: LifecycleEvent): boolean {
    const taken = this.#queue.push(event);
    if (taken && event.reconciled) this.#reconciled += 1;
    return taken;
  }
}
