import { ConfigError } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import type { MetricsServer } from "../metrics/index.ts";
import { openMetrics, renderFamilies, renderPrometheus, serveMetrics } from "../metrics/index.ts";
import type { CareOptions, OnStop } from "./care.ts";
import { loadWatchConfig } from "./config.ts";
import type { WatchConfig } from "./config-types.ts";
import { missingPrivileges, ownPrivileges } from "./preflight.ts";
import { ServiceNotice } from "./service-notice.ts";
import { lockWatch } from "./watch-lock.ts";
import { watchFamilies } from "./watch-metrics.ts";
import { Watcher } from "./watcher.ts";

export interface SessionOptions extends CareOptions {
  /** The file of rules, read again at every reload. */
  readonly file: string;
  /** Of this Corral, for the metrics. */
  readonly version: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}

const problemsOf = (thrown: unknown): readonly string[] => {
  const error = CorralError.from(thrown);
  return error instanceof ConfigError ? error.toLine().split("\n") : [error.toLine()];
};

/** Keys of the file that only a new start heeds. */
const keysOfStart = { discovery: "discovery", listen: "listen" } as const satisfies Partial<
  Record<keyof WatchConfig, string>
>;

/** A watch as a service: alone in its state directory, with its metrics served and the service manager informed. */
export class WatchSession {
  readonly #options: SessionOptions;
  readonly #config: WatchConfig;
  readonly #watcher: Watcher;
  readonly #unlock: () => void;
  readonly #notice: ServiceNotice;
  #server: MetricsServer | null = null;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(options: SessionOptions, config: WatchConfig, unlock: () => void) {
    this.#options = options;
    this.#config = config;
    this.#unlock = unlock;
    this.#watcher = new Watcher(config, options);
    this.#notice = new ServiceNotice({
      environment: options.environment,
      health: () => this.#watcher.health(),
      status: () => this.#status(),
    });
  }

  /**
   * Begins to watch; resolves after the first scan.
   * @throws CorralError CONFIG, WATCH_RUNNING, STATE_UNWRITABLE, LISTEN_FAILED, and NATIVE_MISSING or NATIVE_CALL when
   * the file wants events and there are none; nothing is left behind
   */
  static async open(options: SessionOptions): Promise<WatchSession> {
    const config = loadWatchConfig(options.file);
    const session = new WatchSession(options, config, lockWatch(options.directories));
    try {
      await session.#start();
      return session;
    } catch (thrown) {
      await session.#server?.close();
      session.#unlock();
      throw thrown;
    }
  }

  async #start(): Promise<void> {
    const { listen, rules } = this.#config;
    this.#server = listen === null ? null : await this.#serve(listen);
    await this.#watcher.start(({ source, refused }) => {
      const address = this.#server?.address ?? null;
      this.#options.onEvent({ event: "started", rules: rules.length, source, refused, listen: address });
      this.#warn(this.#config);
    });
    this.#notice.ready();
  }

  #serve(listen: string): Promise<MetricsServer> {
    const { directories, version } = this.#options;
    const jobs = openMetrics(directories, version);
    const startTimeSec = Date.now() / 1000;
    const render = async (): Promise<string> => {
      const ofJobs = await renderPrometheus(await jobs.collect());
      const known = { facts: this.#watcher.facts(), health: this.#watcher.health(), startTimeSec };
      return `${ofJobs}\n${await renderFamilies(watchFamilies, known)}`;
    };
    return serveMetrics({ listen, render, health: () => this.#watcher.health() });
  }

  #warn(config: WatchConfig): void {
    for (const message of missingPrivileges(config, ownPrivileges()))
      this.#options.onEvent({ event: "warning", message });
  }

  #status(): string {
    const { governed, waiting } = this.#watcher.facts();
    const { status } = this.#watcher.health();
    return `${status}; ${governed} governed, ${waiting} waiting`;
  }

  /** Reads the file again. A file with mistakes changes nothing and is told. One after the other when asked several times. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    const { file, onEvent } = this.#options;
    this.#notice.reloading();
    try {
      const config = loadWatchConfig(file);
      await this.#watcher.reload(config);
      const needs_restart = Object.entries(keysOfStart).flatMap(([key, name]) =>
        config[key as keyof typeof keysOfStart] === this.#config[key as keyof typeof keysOfStart] ? [] : [name],
      );
      onEvent({ event: "reloaded", rules: config.rules.length, needs_restart });
      this.#warn(config);
    } catch (thrown) {
      onEvent({ event: "reload_failed", problems: problemsOf(thrown) });
    }
    this.#notice.reloaded();
  }

  /** Ends the watch. @param why what the records of the jobs that stay say: a signal's name */
  async close(why: string, jobs: OnStop): Promise<void> {
    this.#notice.stopping();
    await this.#reloading;
    const { governed } = this.#watcher.facts();
    await this.#watcher.close(why, jobs);
    await this.#server?.close();
    this.#unlock();
    this.#options.onEvent({ event: "stopped", why, jobs, governed });
  }
}
