import { setImmediate as turn } from "node:timers/promises";
import type { LifecycleEvent, RefusedSource, SourceName } from "../../events/index.ts";
import { listPids } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Health } from "../metrics/index.ts";
import type { CareOptions, OnStop } from "./care.ts";
import { Care } from "./care.ts";
import type { WatchConfig } from "./config-types.ts";
import { judgeHealth } from "./health.ts";
import { takeUpEarlierJobs } from "./take-up-jobs.ts";
import type { WatchEvent } from "./watch-event.ts";
import type { WatchFacts } from "./watch-facts.ts";
import { WatchSource } from "./watch-source.ts";

const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** A scan gives way to events and requests after so many processes. */
const scanSlice = 50;

/** How the watch discovers processes, as it began. */
export interface Discovered {
  /** Null: by scans alone. */
  readonly source: SourceName | null;
  readonly refused: readonly RefusedSource[];
}

/**
 * Finds processes and governs them by rules. Discovery is by exec events where the host has them, and by a scan at the
 * start and at every interval: the net under the events, or the only way. Each process is governed once, by the first
 * rule that matches; what it forks is inside its group already. The state of a watch is the start records of its jobs: a
 * later watch takes them up by identity.
 */
export class Watcher {
  readonly #options: CareOptions;
  readonly #care: Care;
  readonly #source: WatchSource;
  #config: WatchConfig;
  #closing = false;
  #scanning: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #startedMs = nowMs();
  readonly #scans = { total: 0, failures: 0, failuresInRow: 0, lastMs: 0, processes: 0 };
  #lastScanMs: number | null = null;
  /** Lost events that were told of. */
  #toldLost = 0;

  constructor(config: WatchConfig, options: CareOptions) {
    this.#config = config;
    this.#options = options;
    this.#care = new Care(config, options);
    this.#source = new WatchSource({
      discovery: config.discovery,
      onEvent: (event) => this.#onEvent(event),
      onReopened: () => void this.scan(),
      tell: (event) => this.#tell(event),
    });
  }

  /**
   * Opens the events, takes up the jobs of an earlier watch and scans once. Then it goes on until `close`.
   * @param onOpened hears of the events before anything is governed
   * @throws CorralError NATIVE_MISSING or NATIVE_CALL when the file wants events and there are none
   */
  async start(onOpened: (discovered: Discovered) => void = () => {}): Promise<void> {
    const refused = await this.#source.open();
    onOpened({ source: this.#source.name, refused });
    await takeUpEarlierJobs(this.#config, this.#care, this.#options);
    await this.scan();
    this.#armScan();
  }

  /** Uses another configuration from now on. How processes are discovered stays as it was at the start. */
  async reload(config: WatchConfig): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#config = config;
    await this.#care.reload(config);
    // A scan that is under way may have passed over what the new rules want.
    await this.#scanning;
    await this.scan();
    this.#armScan();
  }

  /**
   * Ends the watch. The jobs stay as they are for a later watch to take up, or are let go with everything undone.
   * @param why what their records say: a signal's name
   */
  async close(why: string, jobs: OnStop = "keep"): Promise<void> {
    this.#closing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#source.close();
    await this.#scanning;
    await this.#care.close(why, jobs);
  }

  /** How the watch is now. */
  health(): Health {
    return judgeHealth(this.facts(), nowMs());
  }

  /** What the watch counts of itself. */
  facts(): WatchFacts {
    const { charges, failures, latencies } = this.#care;
    const { told, lost } = this.#source.counts;
    return {
      startedMs: this.#startedMs,
      rules: this.#config.rules.length,
      scanIntervalMs: this.#config.scanIntervalMs,
      lastScanMs: this.#lastScanMs,
      scanDurationMs: this.#scans.lastMs,
      scannedProcesses: this.#scans.processes,
      consecutiveScanFailures: this.#scans.failuresInRow,
      totalScans: this.#scans.total,
      totalScanFailures: this.#scans.failures,
      consecutiveAttachFailures: failures.inRow,
      totalAttachFailures: failures.total,
      source: this.#source.name,
      sourceError: this.#source.error,
      events: told,
      eventsLost: lost,
      governed: charges.count("governed"),
      waiting: charges.count("due"),
      refused: charges.count("refused"),
      discovered: latencies.discovered.get(),
      governedAfter: latencies.governed.get(),
    };
  }

  /** Looks at every process once; several calls at a time share one scan. */
  scan(): Promise<void> {
    this.#scanning ??= this.#scanOnce().finally(() => {
      this.#scanning = null;
    });
    return this.#scanning;
  }

  #tell(event: WatchEvent): void {
    this.#options.onEvent(event);
  }

  #onEvent(event: LifecycleEvent): void {
    if (event.kind === "exec") this.#look(() => this.#care.onExec(event.tgid, event.timestampNs));
    else if (event.kind === "exit" && event.identity !== null) this.#care.onExit(event.identity);
  }

  /** One process that cannot be looked at is passed over; the next scan tries again. */
  #look(look: () => void): boolean {
    try {
      look();
      return true;
    } catch {
      return false;
    }
  }

  #armScan(): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => void this.#scanAgain(), this.#config.scanIntervalMs);
  }

  async #scanAgain(): Promise<void> {
    this.#timer = null;
    await this.scan();
    // A reload has armed the next one meanwhile.
    if (this.#timer === null) this.#armScan();
  }

  async #scanOnce(): Promise<void> {
    const beganNs = process.hrtime.bigint();
    this.#scans.total += 1;
    try {
      const pids = listPids();
      if (!pids.includes(process.pid)) throw new CorralError("NATIVE_CALL", "/proc does not show this process", {});
      let hidden = 0;
      for (const [index, pid] of pids.entries()) {
        if (this.#closing) return;
        if (!this.#look(() => this.#care.consider(pid, null))) hidden += 1;
        if (index % scanSlice === scanSlice - 1) await turn();
      }
      if (hidden > pids.length / 2) throw new CorralError("NATIVE_CALL", `${hidden} processes cannot be looked at`, {});
      this.#care.sweep();
      this.#scans.failuresInRow = 0;
      this.#scans.processes = pids.length;
      this.#lastScanMs = nowMs();
      this.#scans.lastMs = Number(process.hrtime.bigint() - beganNs) / 1e6;
      this.#tellLosses();
    } catch (thrown) {
      this.#scans.failures += 1;
      this.#scans.failuresInRow += 1;
      this.#tell({ event: "scan_failed", message: CorralError.from(thrown).message });
    }
  }

  #tellLosses(): void {
    const { lost } = this.#source.counts;
    if (lost > this.#toldLost) this.#tell({ event: "events_lost", lost: lost - this.#toldLost });
    this.#toldLost = lost;
  }
}
