import type { ProcessIdentity } from "../kernel/index.ts";
import { bootId, toPid } from "../kernel/index.ts";
import type { Change, ToldProcess } from "./compare-scan.ts";
import { compareScan } from "./compare-scan.ts";
import type { EventQueue } from "./event-queue.ts";
import type { ExecEvent, ExitEvent, ForkEvent, LifecycleEvent, SourceName } from "./lifecycle-event.ts";
import type { ProcessScan } from "./process-scan.ts";
import { statOf } from "./process-scan.ts";

type Untold<E extends LifecycleEvent> = Omit<E, "source" | "identity" | "code" | "signal">;

const identityFor = (tgid: number, startTicks: number | null): ProcessIdentity | null =>
  startTicks === null ? null : { bootId: bootId(), pid: toPid(tgid), startTicks };

/** Code and signal of a status in the form of wait(2). */
function splitStatus(status: number | null): Pick<ExitEvent, "status" | "code" | "signal"> {
  if (status === null) return { status, code: null, signal: null };
  const signal = status & 0x7f;
  return signal === 0 ? { status, code: (status >> 8) & 0xff, signal: null } : { status, code: null, signal };
}

/**
 * What the reader of a source has been told. Only an event that the reader's queue took counts as told, so that a
 * later scan finds what is missing, whoever lost it.
 */
export class EventLedger {
  readonly #source: SourceName;
  readonly #queue: EventQueue<LifecycleEvent>;
  readonly #told = new Map<number, ToldProcess>();
  #reconciled = 0;

  constructor(source: SourceName, queue: EventQueue<LifecycleEvent>) {
    this.#source = source;
    this.#queue = queue;
  }

  /** Events told because a scan found that they were missing. */
  get reconciled(): number {
    return this.#reconciled;
  }

  toldOf(tgid: number): ToldProcess | null {
    return this.#told.get(tgid) ?? null;
  }

  /** Takes what runs at the opening as told, although it is not. */
  adopt(scan: ProcessScan): void {
    for (const { tgid, startTicks, ppid, comm, executed } of scan.running.values()) {
      this.#told.set(tgid, { startTicks, ppid, comm, executed, adopted: true, sinceNs: scan.timeNs });
    }
  }

  fork(event: Untold<ForkEvent>, startTicks: number | null): void {
    const { tgid, ppid, timestampNs: sinceNs } = event;
    if (!this.#push({ ...event, source: this.#source, identity: identityFor(tgid, startTicks) })) return;
    this.#told.set(tgid, { startTicks, ppid, comm: null, executed: false, adopted: false, sinceNs });
  }

  exec(event: Untold<ExecEvent>, startTicks: number | null): void {
    const { tgid, ppid, comm, timestampNs: sinceNs } = event;
    if (!this.#push({ ...event, source: this.#source, identity: identityFor(tgid, startTicks) })) return;
    this.#told.set(tgid, { startTicks, ppid, comm, executed: true, adopted: false, sinceNs });
  }

  exit(event: Untold<ExitEvent>, startTicks: number | null): void {
    const identity = identityFor(event.tgid, startTicks);
    if (!this.#push({ ...event, source: this.#source, identity, ...splitStatus(event.status) })) return;
    this.#told.delete(event.tgid);
  }

  /** Notes a change of name, which is no event but would look like an exec to a scan. */
  rename(tgid: number, comm: string): void {
    const told = this.#told.get(tgid);
    if (told !== undefined) this.#told.set(tgid, { ...told, comm });
  }

  /** Tells everything that a scan shows to be missing. `reconciled` tells a loss from the ordinary work of polling. */
  compare(scan: ProcessScan, reconciled: boolean): void {
    for (const change of compareScan(this.#told, scan)) {
      this.#tell(change, scan.timeNs, reconciled);
    }
  }

  #tell(change: Change, timestampNs: bigint, reconciled: boolean): void {
    const { kind } = change;
    if (kind === "exit") {
      const { tgid, told, status } = change;
      return this.exit({ kind, tgid, ppid: told.ppid, timestampNs, reconciled, status }, told.startTicks);
    }
    const { tgid, ppid, comm, startTicks } = change.seen;
    // Its end may have been told since the scan saw it; and a start that was refused has no exec.
    const missing = kind === "fork" ? statOf(tgid)?.startTicks === startTicks : this.#told.has(tgid);
    if (!missing) return;
    if (kind === "fork") this.fork({ kind, tgid, ppid, timestampNs, reconciled }, startTicks);
    else this.exec({ kind, tgid, ppid, comm, timestampNs, reconciled }, startTicks);
  }

  #push(event: LifecycleEvent): boolean {
    const taken = this.#queue.push(event);
    if (taken && event.reconciled) this.#reconciled += 1;
    return taken;
  }
}
