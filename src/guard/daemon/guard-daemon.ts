import { join } from "node:path";
import { discoverHostCgroups, moveProcess } from "../../cgroup/index.ts";
import { temporariesIn, unlinkIfThere, writerIsGone } from "../../kernel/files/index.ts";
import { CorralError } from "../../report/index.ts";
import type { StateDirectories } from "../../run/index.ts";
import type { Health, MetricsServer } from "../../run/metrics/index.ts";
import { renderFamilies, serveMetrics } from "../../run/metrics/index.ts";
import { notedMoves, OpenGroups, WarmKeeper } from "../../run/moves/index.ts";
import { ServiceNotice } from "../../run/watch/index.ts";
import { defaultGuardSocket } from "../client/index.ts";
import { ServedRuns } from "../jobs/index.ts";
import type { GuardConfig, GuardStatus, SessionDocument } from "../model/index.ts";
import { loadGuardConfig, plainGuardConfig } from "../model/index.ts";
import { Placement } from "../placement/index.ts";
import type { GuardFace, RpcHandler, RpcServer } from "../rpc/index.ts";
import { answer, callerOf, serveRpc } from "../rpc/index.ts";
import { ToolCalls, ToolLog } from "../tools/index.ts";
import type { GuardRoot } from "../tree/index.ts";
import { findGuardRoot, guardHost, planTree } from "../tree/index.ts";
import { describeSession } from "./describe-session.ts";
import { EventDesk } from "./event-desk.ts";
import { GuardCpu } from "./guard-cpu.ts";
import { lockGuard } from "./guard-lock.ts";
import { guardFamilies } from "./guard-metrics.ts";
import type { GuardOptions, OnStop } from "./guard-options.ts";
import { LifecycleFeed } from "./lifecycle-feed.ts";
import type { LiveSession } from "./live-session.ts";
import { MemoryGuard } from "./memory-guard.ts";
import { memoryFamilies } from "./memory-metrics.ts";
import { needsRestart, problemsOf } from "./reload-words.ts";
import { describeBudget } from "./session-budget.ts";
import { SessionRecords } from "./session-records.ts";
import { SessionStore } from "./session-store.ts";
import { Sessions } from "./sessions.ts";

const isStopping = (stage: SessionDocument["memory_stage"]): boolean => stage === "freezing" || stage === "frozen";
/** Where files are that outlive the daemon until the next boot, and those that outlive that too. */
const guardDirectories = ({ runtime, results }: StateDirectories) =>
  [join(runtime, "guard"), join(results, "../guard")] as const;

/** The guard of a host: its sessions, who is in them, and who may ask for what, until it is closed. */
export class GuardDaemon {
  readonly #options: GuardOptions;
  readonly #startConfig: GuardConfig;
  readonly #root: GuardRoot;
  readonly #desk = new EventDesk();
  readonly #sessions: Sessions;
  readonly #cpu: GuardCpu;
  readonly #records: SessionRecords;
  readonly #warmth: WarmKeeper;
  readonly #openGroups = new OpenGroups();
  readonly #placement: Placement;
  readonly #toolLog = new ToolLog((message) => this.#desk.tell({ event: "WARNING", session: null, message }));
  readonly #tools: ToolCalls;
  readonly #runs: ServedRuns;
  readonly #memory: MemoryGuard;
  readonly #feed: LifecycleFeed;
  readonly #notice: ServiceNotice;
  readonly #unlock: () => void;
  readonly #since = new Date();
  #config: GuardConfig;
  #rpc: RpcServer | null = null;
  #metrics: MetricsServer | null = null;
  #feedError: string | null = null;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(options: GuardOptions, config: GuardConfig, root: GuardRoot, unlock: () => void) {
    this.#options = options;
    this.#config = config;
    this.#startConfig = config;
    this.#root = root;
    this.#unlock = unlock;
    this.#desk.follow(options.onEvent, null);
    const { tell } = this.#desk;
    const [directory, lasting] = guardDirectories(options.directories);
    const store = new SessionStore(directory, root.directory);
    const host = guardHost(discoverHostCgroups(), options.environment);
    const onChange = (): void => {
      this.#memory.changed();
      this.#placement.forget();
    };
    this.#sessions = new Sessions({ host, root, store, tell, onChange });
    const onKilled = (group: string): void => this.#tools.killedForMemory(group);
    this.#memory = new MemoryGuard({ ...options, root, config, sessions: this.#sessions, tell, onKilled });
    const sessions = (): readonly LiveSession[] => this.#sessions.list();
    this.#cpu = new GuardCpu(config.cpu, { sessions, directory, forced: options.scheduler, tell });
    this.#desk.follow((event) => this.#cpu.onEvent(event), null);
    this.#warmth = new WarmKeeper(options.monitorOnly ? "never" : config.warmMoves);
    this.#records = new SessionRecords({
      directory,
      lasting,
      root: root.directory,
      find: (name) => this.#sessions.find(name),
      end: (name) => this.#sessions.remove(name, true, "guard"),
      tell,
    });
    this.#desk.follow(this.#records.heed, null);
    this.#tools = new ToolCalls({
      host,
      controllers: root.offered,
      session: (name) => this.#sessions.find(name),
      frozenNs: (session) => this.#memory.frozenNs(session),
      isFrozen: (session) => session.freeze !== null || isStopping(this.#memory.stage(session.spec.name)),
      usualBytes: this.#records.usualBytes,
      onEnd: this.#records.onEnd,
      tell,
      move: notedMoves(this.#warmth, (pid, directory) => this.#feed.during(() => moveProcess(pid, directory))),
      admit: (spec, needBytes, gone) => this.#memory.admission.admit(spec, needBytes, gone),
      log: this.#toolLog,
    });
    this.#runs = new ServedRuns(options.monitorOnly ? null : options.readRun, this.#desk.tell);
    this.#placement = new Placement(config.placement, {
      tell,
      target: (name) => this.#target(name),
      sessionOf: (group) => this.#sessions.ofGroup(group)?.spec.name ?? null,
      move: notedMoves(this.#warmth, (pid, directory) => this.#openGroups.move(pid, directory)),
      movedNs: () => this.#warmth.movedNs,
      stillRuns: (identity) => this.#feed.stillRuns(identity),
      mover: () => this.#feed.mover,
      noteMove: (beganNs, endedNs) => this.#warmth.noteAt(beganNs, endedNs),
    });
    this.#feed = new LifecycleFeed({
      group: options.wholeHost ? null : root.directory.slice(root.hierarchy.mountPoint.length),
      opens: options.opens,
      isUrgent: () => this.#placement.hasRules,
      onOrigin: options.onOrigin,
      onLine: options.onLine,
      onExec: (event, group) => this.#placement.onExec(event, group),
      onGroup: (id, path) => this.#placement.onGroup(id, path),
      onLoss: () => this.#placement.scan(),
      onEnd: (reason) => this.#onFeedEnd(reason),
    });
    this.#notice = new ServiceNotice({
      environment: options.environment,
      health: () => this.#health(),
      status: () => `${this.#sessions.list().length} sessions`,
    });
  }

  /**
   * Begins to guard; resolves when the tree is there, clients are answered and events come.
   * @throws CorralError CONFIG, GUARD_HOST, GUARD_RUNNING, CGROUP_IO, STATE_UNWRITABLE, SOCKET_IN_USE, LISTEN_FAILED,
   *   NATIVE_MISSING, NATIVE_CALL; what was changed is taken back
   */
  static async open(options: GuardOptions): Promise<GuardDaemon> {
    const config = options.file === null ? plainGuardConfig : loadGuardConfig(options.file);
    const host = guardHost(discoverHostCgroups(), options.environment);
    const root = findGuardRoot(host, options.cgroupRoot ?? config.cgroupRoot);
    const unlock = lockGuard(options.directories);
    for (const directory of guardDirectories(options.directories))
      for (const path of temporariesIn(directory).filter(writerIsGone)) unlinkIfThere(path);
    const daemon = new GuardDaemon(options, config, root, unlock);
    try {
      await daemon.#start();
      return daemon;
    } catch (thrown) {
      await daemon.#stop("it could not start", "release");
      throw thrown;
    }
  }

  async #start(): Promise<void> {
    const { monitorOnly, socket } = this.#options;
    const { sessions, listen } = this.#config;
    if (!monitorOnly) await this.#sessions.open(sessions);
    if (!monitorOnly) await this.#cpu.open();
    this.#memory.open();
    if (!monitorOnly) this.#toolLog.open(this.#config.toolLog);
    this.#warmth.open();
    const handle: RpcHandler = async (request) => {
      const inside = (group: string): string | null => this.#sessions.ofGroup(group)?.spec.name ?? null;
      return answer(this.#face(), () => callerOf(request, inside, (token) => this.#bearerOf(token)), request);
    };
    const holds = (connection: AbortSignal): boolean => this.#tools.holds(connection) || this.#runs.holds(connection);
    this.#rpc = serveRpc(socket ?? this.#config.socket ?? defaultGuardSocket, handle, { holds });
    if (listen !== null) this.#metrics = await this.#serveMetrics(listen);
    await this.#feed.open();
    this.#tellStart();
    this.#placement.scan();
    this.#notice.ready();
  }

  #tellStart(): void {
    const { monitorOnly } = this.#options;
    const { sessions } = this.#config;
    const { source, refused } = this.#feed;
    this.#desk.tell({
      event: "STARTED",
      session: null,
      root: this.#root.directory,
      socket: this.#rpc?.path ?? null,
      sessions: (monitorOnly ? sessions : this.#sessions.list().map(({ spec }) => spec)).map(({ name }) => name),
      source,
      refused,
      missing: this.#root.missing,
      cpu_backend: this.#cpu.facts.backend,
      monitor_only: monitorOnly,
    });
    if (!monitorOnly) return;
    for (const { directory, role } of planTree(this.#root, sessions))
      this.#desk.tell({ event: "WOULD_MAKE", session: null, group: directory, role });
  }

  #serveMetrics(listen: string): Promise<MetricsServer> {
    const startTimeSec = this.#since.getTime() / 1000;
    const facts = () => ({
      startTimeSec,
      health: this.#health(),
      cpu: this.#cpu.facts,
      sessions: this.#sessions.list().map((one) => this.#describe(one)),
      warmMoves: this.#warmth.status,
      ...this.#memory.status(),
    });
    return serveMetrics({
      listen,
      render: () => renderFamilies({ ...guardFamilies, ...memoryFamilies }, facts()),
      health: () => this.#health(),
    });
  }

  #health(): Health {
    const events = this.#feedError === null ? null : `no events: ${this.#feedError}`;
    const reason = [events, this.#cpu.problem, this.#toolLog.problem].filter((one) => one !== null).join("; ");
    const sessions = this.#sessions.list().length;
    return reason === "" ? { status: "healthy", sessions } : { status: "degraded", reason, sessions };
  }

  #onFeedEnd(reason: string): void {
    this.#feedError = reason;
    this.#desk.tell({ event: "WARNING", session: null, message: `events have ended: ${reason}` });
  }

  #target(name: string): { spec: GuardConfig["sessions"][number]; framework: string | null } | null {
    if (!this.#options.monitorOnly) {
      const live = this.#sessions.find(name);
      return live === null ? null : { spec: live.spec, framework: live.groups.places.framework };
    }
    const spec = this.#config.sessions.find((one) => one.name === name);
    return spec === undefined ? null : { spec, framework: null };
  }

  /** What requests are answered from. */
  #face(): GuardFace {
    const { tenants, tools, freezeMostMs } = this.#config;
    return {
      ownUid: process.geteuid?.() ?? 0,
      sessions: this.#sessions,
      tools: this.#tools,
      runs: this.#runs,
      settings: { tenants, tools, freezeMostMs },
      status: () => this.#status(),
      describe: (session) => this.#describe(session),
      tokens: this.#records.tokens,
      report: (session) => this.#records.calls.report(session.spec.name),
      budget: (session) => describeBudget(session, this.#tools.running(session.spec.name)),
      follow: (take, until) => this.#desk.follow(take, until),
      join: async (session, pid) => this.#placement.join(session, pid),
      adopt: (session, wanted) => this.#placement.adopt(session, wanted, this.#root.hierarchy.mountPoint),
      refuseIfMonitoring: () => this.#refuseIfMonitoring(),
    };
  }

  #describe(session: LiveSession): SessionDocument {
    const { name } = session.spec;
    return describeSession(session, this.#tools.count(name), this.#records.expiry.leftMs(name), this.#memory);
  }

  #bearerOf(token: string): string | null {
    return this.#records.tokens.sessionOf(token, (name) => this.#sessions.find(name)?.spec.owner ?? null);
  }

  #refuseIfMonitoring(): void {
    if (!this.#options.monitorOnly) return;
    throw new CorralError("GUARD_DENIED", "this guard only looks", {
      object: "--monitor-only",
      fix: "start it without --monitor-only",
    });
  }

  #status(): Omit<GuardStatus, "sessions"> {
    const { backend, wanted, fallback } = this.#cpu.facts;
    return {
      schema: "corral.guard-status/1",
      version: this.#options.version,
      pid: process.pid,
      since: this.#since.toISOString(),
      root: this.#root.directory,
      monitor_only: this.#options.monitorOnly,
      source: this.#feedError === null ? this.#feed.source : null,
      missing: this.#root.missing,
      ...this.#memory.status(),
      cpu_backend: backend,
      cpu_wanted: wanted,
      cpu_fallback: fallback,
      warm_moves: this.#warmth.status,
    };
  }

  /** Reads the file again. A file with mistakes changes nothing and is told. One after the other when asked several times. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    this.#notice.reloading();
    try {
      const config = this.#options.file === null ? plainGuardConfig : loadGuardConfig(this.#options.file);
      this.#config = config;
      this.#memory.reload(config);
      if (!this.#options.monitorOnly) {
        this.#toolLog.open(config.toolLog);
        await this.#sessions.reload(config.sessions);
        await this.#cpu.reload(config.cpu);
        this.#warmth.reload(config.warmMoves);
      }
      this.#placement.reload(config.placement);
      this.#placement.scan();
      this.#desk.tell({ event: "RELOADED", session: null, needs_restart: needsRestart(this.#startConfig, config) });
    } catch (thrown) {
      this.#desk.tell({ event: "RELOAD_FAILED", session: null, problems: problemsOf(thrown) });
    }
    this.#notice.reloaded();
  }

  /** Ends the guard. @param why a signal's name */
  async close(why: string, how: OnStop): Promise<void> {
    await this.#reloading;
    await this.#stop(why, how);
  }

  async #stop(why: string, how: OnStop): Promise<void> {
    this.#notice.stopping();
    this.#records.close();
    this.#tools.close();
    this.#runs.close();
    this.#rpc?.close();
    await this.#metrics?.close();
    await this.#feed.close();
    await this.#warmth.close();
    this.#openGroups.close();
    await this.#cpu.close();
    const held = await this.#memory.close();
    const not_restored = this.#options.monitorOnly ? [] : [...held, ...(await this.#sessions.close(how))];
    this.#unlock();
    this.#desk.tell({ event: "STOPPED", session: null, why, not_restored });
  }
}
