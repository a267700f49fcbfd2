import type { EventLedger } from "./event-ledger.ts";
import type { ProcessScan } from "./process-scan.ts";
import { scanProcesses } from "./process-scan.ts";

/** From the notice of a loss to the scan: a burst is over by then, and a second is not. */
const scanDelayMs = 250;

export interface ReconcilerParts {
  readonly queue: { readonly isHalfFull: boolean };
  readonly ledger: EventLedger;
  /** Reads what has arrived. */
  readonly readAll: () => void;
  /** Lost lifecycle events so far. */
  readonly lost: () => number;
  /** The part of a scan that concerns the source. */
  readonly narrow: (scan: ProcessScan) => ProcessScan;
}

/** After a loss, tells what a look at /proc shows to be missing. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  #timer: NodeJS.Timeout | null = null;
  #noticed = 0;
  #reconciliations = 0;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Scans so far. */
  get reconciliations(): number {
    return this.#reconciliations;
  }

  /** Whether everything that was lost has been looked for. */
  get isComplete(): boolean {
    return this.#timer === null && this.#parts.lost() === this.#noticed;
  }

  /** To be called after each reading. */
  noticeLoss(): void {
    const lost = this.#parts.lost();
    if (lost !== this.#noticed) this.scanSoon();
    this.#noticed = lost;
  }

  scanSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#reconcile();
    }, scanDelayMs);
  }

  /** Looks at once if a look is due. */
  flush(): void {
    if (this.#timer === null) return;
    this.stop();
    this.#reconcile();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** What has arrived is handled before and after the scan, so that the scan tells only what never will. */
  #reconcile(): void {
    const { queue, ledger, readAll, narrow } = this.#parts;
    if (queue.isHalfFull) return this.scanSoon();
    readAll();
    const scan = narrow(scanProcesses());
    readAll();
    this.#reconciliations += 1;
    ledger.compare(scan, true);
    // What it told may not have fitted into the queue.
    this.noticeLoss();
  }
}
