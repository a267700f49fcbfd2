import { notifySystemd } from "../../kernel/index.ts";
import type { Health } from "../metrics/index.ts";

/** How often the status line is looked at. */
const statusIntervalMs = 2000;

/** What the service manager is told about. */
export interface NoticeOptions {
  /** Where NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are (sd_notify(3), sd_watchdog_enabled(3)). */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly health: () => Health;
  /** One line for people. */
  readonly status: () => string;
}

/** Milliseconds within which systemd wants to hear from this process; null when it does not. */
export function watchdogMs(environment: Readonly<NodeJS.ProcessEnv>): number | null {
  const { WATCHDOG_USEC: usec = "", WATCHDOG_PID: pid } = environment;
  if (!/^[1-9]\d{0,15}$/.test(usec) || (pid !== undefined && pid !== String(process.pid))) return null;
  return Number(usec) / 1000;
}

/**
 * Tells the service manager how the watch is. The watchdog hears from it at half its time, as long as the event loop
 * turns and the watch is not unhealthy; when it hears nothing, systemd ends the watch and starts it anew.
 */
export class ServiceNotice {
  readonly #options: NoticeOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #status = "";

  constructor(options: NoticeOptions) {
    this.#options = options;
  }

  ready(): void {
    this.#tell("READY=1");
    this.#every(statusIntervalMs, () => {
      if (this.#options.status() !== this.#status) this.#tell();
    });
    const ms = watchdogMs(this.#options.environment);
    if (ms === null) return;
    this.#feed();
    this.#every(ms / 2, () => this.#feed());
  }

  /** Says that the configuration is being read again; `reloaded` must follow. */
  reloading(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  reloaded(): void {
    this.#tell("READY=1");
  }

  stopping(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#tell("STOPPING=1");
  }

  #every(ms: number, work: () => void): void {
    if ((this.#options.environment["NOTIFY_SOCKET"] ?? "") !== "") this.#timers.push(setInterval(work, ms));
  }

  #feed(): void {
    if (this.#options.health().status !== "unhealthy") this.#tell("WATCHDOG=1");
  }

  #tell(state: string | null = null): void {
    this.#status = this.#options.status();
    const lines = [...(state === null ? [] : [state]), `STATUS=${this.#status}`];
    notifySystemd(lines.join("\n"), this.#options.environment);
  }
}
