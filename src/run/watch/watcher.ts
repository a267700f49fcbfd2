import { setImmediate as turn } from "node:timers/promises";
import type { EventSource, RefusedSource } from "../../events/index.ts";
import { openEventSource } from "../../events/index.ts";
import { listPids } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { Health } from "../metrics/index.ts";
import type { CareOptions } from "./care.ts";
import { Care } from "./care.ts";
import type { WatchConfig } from "./config-types.ts";
import { judgeHealth } from "./health.ts";
import { takeUpEarlierJobs } from "./take-up-jobs.ts";
import type { WatchEvent } from "./watch-event.ts";

const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** A scan gives way to events and requests after so many processes. */
const scanSlice = 50;

/**
 * Finds processes and governs them by rules. Discovery is by exec events where the host has them, and by a scan at the
 * start and at every interval: the net under the events, or the only way. Each process is governed once, by the first
 * rule that matches; what it forks is inside its group already. The state of a watch is the start records of its jobs: a
 * later watch takes them up by identity.
 */
export class Watcher {
  readonly #options: CareOptions;
  readonly #care: Care;
  #config: WatchConfig;
  #source: EventSource | null = null;
  #sourceError: string | null = null;
  #closing = false;
  #scanning: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #startedMs = nowMs();
  readonly #scans = { total: 0, failures: 0, failuresInRow: 0 };
  #lastScanMs: number | null = null;
  #lost = 0;

  constructor(config: WatchConfig, options: CareOptions) {
    this.#config = config;
    this.#options = options;
    this.#care = new Care(config, options);
  }

  /** Opens the events, takes up the jobs of an earlier watch and scans once. Then it goes on until `close`. */
  async start(): Promise<void> {
    const refused = await this.#openSource();
    this.#tell({ event: "started", rules: this.#config.rules.length, source: this.#source?.name ?? null, refused });
    await takeUpEarlierJobs(this.#config, this.#care, this.#options);
    await this.scan();
    this.#armScan();
  }

  /** Uses another configuration from now on. How processes are discovered stays as it was at the start. */
  async reload(config: WatchConfig): Promise<void> {
    this.#config = config;
    await this.#care.reload(config);
    this.#tell({ event: "reloaded", rules: config.rules.length });
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.scan();
    this.#armScan();
  }

  /**
   * Ends the watch. The jobs stay as they are for a later watch to take up, or are let go with everything undone.
   * @param why what their records say: a signal's name
   */
  async close(why: string, jobs: "keep" | "release" = "keep"): Promise<void> {
    this.#closing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#source?.close();
    await this.#scanning;
    await this.#care.close(why, jobs);
  }

  /** How the watch is now. */
  health(): Health {
    return judgeHealth(
      {
        startedMs: this.#startedMs,
        scanIntervalMs: this.#config.scanIntervalMs,
        lastScanMs: this.#lastScanMs,
        consecutiveScanFailures: this.#scans.failuresInRow,
        totalScans: this.#scans.total,
        totalScanFailures: this.#scans.failures,
        consecutiveAttachFailures: this.#care.failures.inRow,
        totalAttachFailures: this.#care.failures.total,
        source: this.#source?.name ?? null,
        sourceError: this.#sourceError,
        governed: this.#care.charges.count("governed"),
        waiting: this.#care.charges.count("due"),
      },
      nowMs(),
    );
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

  async #openSource(): Promise<readonly RefusedSource[]> {
    const { discovery } = this.#config;
    if (discovery === "scan") return [];
    const prefer = discovery === "events" ? "proc connector" : "auto";
    const { source, refused } = await openEventSource({ prefer });
    // A second scanner beside our own would find nothing sooner.
    if (source.name === "polling") await source.close();
    else this.#follow(source);
    return refused;
  }

  #follow(source: EventSource): void {
    this.#source = source;
    const read = async (): Promise<void> => {
      for await (const event of source) {
        if (event.kind === "exec") this.#care.onExec(event.tgid, event.timestampNs);
        else if (event.kind === "exit" && event.identity !== null) this.#care.onExit(event.identity);
      }
    };
    read().catch((thrown: unknown) => {
      this.#sourceError = CorralError.from(thrown).message;
      this.#source = null;
      this.#tell({ event: "source_ended", message: this.#sourceError });
    });
  }

  #armScan(): void {
    this.#timer = setTimeout(() => {
      void this.scan().then(() => {
        if (!this.#closing) this.#armScan();
      });
    }, this.#config.scanIntervalMs);
  }

  async #scanOnce(): Promise<void> {
    this.#scans.total += 1;
    try {
      for (const [index, pid] of listPids().entries()) {
        if (this.#closing) return;
        this.#care.consider(pid, null);
        if (index % scanSlice === scanSlice - 1) await turn();
      }
      this.#care.sweep();
      this.#scans.failuresInRow = 0;
      this.#lastScanMs = nowMs();
      this.#tellLosses();
    } catch (thrown) {
      this.#scans.failures += 1;
      this.#scans.failuresInRow += 1;
      this.#tell({ event: "scan_failed", message: CorralError.from(thrown).message });
    }
  }

  #tellLosses(): void {
    if (this.#source === null) return;
    const lost = Object.values(this.#source.counters().lost).reduce((sum, one) => sum + one, 0);
    if (lost > this.#lost) this.#tell({ event: "events_lost", lost: lost - this.#lost });
    this.#lost = lost;
  }
}
