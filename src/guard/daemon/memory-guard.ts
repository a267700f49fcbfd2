import { existsSync } from "node:fs";
import { probeMemcgBpfOps } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { DoneDecision, Place, ProtectionStatus, Room, Stage } from "../memory/index.ts";
import { decisionFacts, Protector } from "../memory/index.ts";
import type {
  GuardConfig,
  GuardStatus,
  MemoryPolicy,
  MemorySettings,
  MemoryStatus,
  SessionSpec,
} from "../model/index.ts";
import { memoryThresholds, sessionClasses } from "../model/index.ts";
import type { GuardRoot } from "../tree/index.ts";
import { readMemoryStanding, sessionPlaces } from "../tree/index.ts";
import { Admission } from "./admission.ts";
import type { Tell } from "./guard-event.ts";
import { IdleReclaim } from "./idle-reclaim.ts";
import type { LiveSession } from "./live-session.ts";
import { frozenNs } from "./live-session.ts";
import type { Sessions } from "./sessions.ts";

export interface MemoryGuardOptions {
  readonly root: GuardRoot;
  readonly config: GuardConfig;
  /** Over that of the file. */
  readonly memoryPolicy: MemoryPolicy | null;
  /** Decide and tell only, for sessions of the file whose groups somebody else has made. */
  readonly monitorOnly: boolean;
  readonly sessions: Pick<Sessions, "covered" | "list" | "weigh">;
  readonly tell: Tell;
  /** A tool call was killed so that others have memory. */
  readonly onKilled: (group: string) => void;
}

const nowNs = (): bigint => process.hrtime.bigint();

/** Milliseconds until a thread that died is started again, at first; then twice as long each time. */
const restartMs = 1000;
const longestRestartMs = 60_000;

/** A session of the file whose groups are there; null: they are not. */
function foundPlace(root: GuardRoot, { name, class: sessionClass }: SessionSpec): Place | null {
  const { session, framework, tools } = sessionPlaces(root, name);
  if (!existsSync(session)) return null;
  const found = (directory: string): string | null => (existsSync(directory) ? directory : null);
  return {
    name,
    rank: sessionClasses[sessionClass].rank,
    directory: session,
    framework: found(framework),
    tools: found(tools),
    standing: readMemoryStanding(session),
  };
}

/** The protection of memory as the daemon has it: the thread, what it told, and what of it the main thread does. */
export class MemoryGuard {
  readonly #options: MemoryGuardOptions;
  readonly #counts = new Map<string, number>();
  readonly #stages = new Map<string, Stage>();
  /** When each session was frozen, and for how long before. */
  readonly #frozen = new Map<string, { sinceNs: bigint | null; totalNs: bigint }>();
  readonly #weights = new Map<string, number>();
  readonly admission: Admission;
  readonly #bpfOps = probeMemcgBpfOps();
  #config: GuardConfig;
  #settings: MemorySettings;
  #protector: Protector | null = null;
  #reclaim: IdleReclaim | null = null;
  #status: ProtectionStatus | null = null;
  #restart: NodeJS.Timeout | null = null;
  #restartMs = restartMs;
  #isOpen = false;

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
    this.#config = options.config;
    this.admission = new Admission({
      room: () => this.#room(),
      mostMs: () => this.#settings.admissionWaitMs,
      tell: options.tell,
    });
    this.#settings = this.#settingsOf(options.config);
  }

  #settingsOf({ memory }: GuardConfig): MemorySettings {
    const { memoryPolicy, monitorOnly } = this.#options;
    return { ...memory, policy: memoryPolicy ?? memory.policy, dryRun: memory.dryRun || monitorOnly };
  }

  /** @throws CorralError NATIVE_MISSING */
  open(): void {
    this.#isOpen = true;
    if (!this.#options.root.offered.includes("memory")) {
      this.#options.tell({
        event: "WARNING",
        session: null,
        message: "memory is not protected: this host has no memory controller for sessions",
      });
      return;
    }
    this.#start();
    const { sessions, root, tell, monitorOnly } = this.#options;
    if (monitorOnly) return;
    this.#reclaim = new IdleReclaim({
      sessions: () => sessions.list(),
      mountPoint: root.hierarchy.mountPoint,
      idleMs: () => (this.#settings.dryRun || this.#settings.policy === "none" ? 0 : this.#settings.reclaimIdleMs),
      tell,
    });
  }

  #start(): void {
    const { root, tell } = this.#options;
    const begin = {
      root: root.directory,
      mountPoint: root.hierarchy.mountPoint,
      settings: this.#settings,
      places: this.#places(),
      mode: "sessions",
      faults: null,
    } as const;
    this.#protector = Protector.start(begin, {
      onKill: (group) => this.#options.onKilled(group),
      onDecision: (decision) => this.#take(decision),
      onStatus: (status) => {
        this.#status = status;
      },
      onEnd: (reason) => {
        tell({ event: "WARNING", session: null, message: `memory is not protected for a moment: ${reason}` });
        this.#recover();
      },
    });
  }

  /** What a thread that died held is put back; then there is another. */
  #recover(): void {
    this.#protector = null;
    for (const { groups, spec } of this.#options.sessions.list()) groups.unprotect(spec.limits);
    this.#forgetStages();
    this.#restart = setTimeout(() => this.#start(), this.#restartMs);
    this.#restart.unref();
    this.#restartMs = Math.min(longestRestartMs, this.#restartMs * 2);
  }

  #forgetStages(): void {
    for (const name of this.#frozen.keys()) this.#noteFrozen(name, false);
    for (const name of this.#weights.keys()) this.#weigh(name, null);
    this.#stages.clear();
  }

  /** Sessions came, went or changed. */
  changed(): void {
    if (!this.#isOpen) return;
    this.#protector?.setPlaces(this.#places());
    // New limits have brought their weight.
    for (const [name, weight] of this.#weights) this.#weigh(name, weight);
  }

  reload(config: GuardConfig): void {
    const settings = this.#settingsOf(config);
    this.#config = config;
    if (settings.policy !== this.#settings.policy || settings.dryRun !== this.#settings.dryRun) this.#forgetStages();
    this.#settings = settings;
    this.#protector?.setSettings(settings);
    if (this.#options.monitorOnly) this.changed();
  }

  /** Takes everything back. @returns what could not be put back */
  async close(): Promise<readonly string[]> {
    this.#isOpen = false;
    this.admission.close();
    await this.#reclaim?.close();
    if (this.#restart !== null) clearTimeout(this.#restart);
    const failed = (await this.#protector?.close()) ?? [];
    this.#protector = null;
    this.#forgetStages();
    return failed;
  }

  /** Where a session stands; null: it is as it is by itself. */
  stage(session: string): Exclude<Stage, "normal"> | null {
    const stage = this.#stages.get(session) ?? this.#stages.get(`${session}/tools`) ?? "normal";
    return stage === "normal" ? null : stage;
  }

  /** For how long a session has been frozen, by its clients and for the sake of others. */
  frozenNs(session: LiveSession): bigint {
    const { sinceNs = null, totalNs = 0n } = this.#frozen.get(session.spec.name) ?? {};
    return frozenNs(session, nowNs()) + totalNs + (sinceNs === null ? 0n : nowNs() - sinceNs);
  }

  /** How often each action was decided. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  status(): Pick<GuardStatus, "memory_policy" | "memory"> {
    return { memory_policy: this.#settings.policy, memory: this.#describe() };
  }

  #describe(): MemoryStatus {
    const { policy, dryRun, tickMs } = this.#settings;
    const status = this.#protector === null ? null : this.#status;
    return {
      policy,
      dry_run: dryRun,
      memcg_bpf_ops: this.#bpfOps,
      tick_ms: tickMs,
      latest_ms: status?.latestMs ?? null,
      limit_bytes: status?.limitBytes ?? null,
      headroom_bytes: status?.headroomBytes ?? null,
      bound_by: status?.boundBy ?? null,
      protects: status?.protects ?? [],
      spared: status?.spared ?? [],
      held: Object.fromEntries([...this.#stages].filter(([, stage]) => stage !== "normal")),
      decisions: Object.fromEntries(this.#counts),
      queued: this.admission.waiting,
      wakes: status?.means.map(({ group, mechanism, reason }) => ({ group, mechanism, reason })) ?? [],
    };
  }

  /** What is free, and what is kept for those who run: lower sessions would be clamped below it. */
  #room(): Room | null {
    const status = this.#protector === null ? null : this.#status;
    if (status === null) return null;
    const reserveBytes = memoryThresholds(this.#settings, status.limitBytes).clampBytes;
    return { headroomBytes: status.headroomBytes, reserveBytes };
  }

  #places(): readonly Place[] {
    const { sessions, monitorOnly, root } = this.#options;
    if (monitorOnly) return this.#config.sessions.map((spec) => foundPlace(root, spec)).filter((one) => one !== null);
    return sessions.covered().map(({ spec, groups }) => ({
      name: spec.name,
      rank: sessionClasses[spec.class].rank,
      directory: groups.places.session,
      framework: groups.places.framework,
      tools: groups.places.tools,
      standing: groups.standing(spec.limits),
    }));
  }

  #take(decision: DoneDecision): void {
    const { domain, session, action, to, weight, dryRun } = decision;
    this.#counts.set(action, (this.#counts.get(action) ?? 0) + 1);
    this.#options.tell({ event: "DECISION", ...decisionFacts(decision) });
    if (dryRun) return;
    this.#stages.set(domain, to);
    if (action === "forget") this.#stages.delete(domain);
    this.#noteFrozen(session, to === "frozen" || to === "freezing");
    // It may be there all the same, or again: only the helper that would put it back is gone.
    if (action === "forget") this.#weigh(session, null);
    if (weight !== null) this.#weigh(session, weight === "standing" ? null : weight);
  }

  #noteFrozen(session: string, isFrozen: boolean): void {
    const { sinceNs = null, totalNs = 0n } = this.#frozen.get(session) ?? {};
    if (isFrozen === (sinceNs !== null)) return;
    const lastedNs = sinceNs === null ? 0n : nowNs() - sinceNs;
    this.#frozen.set(session, { sinceNs: isFrozen ? nowNs() : null, totalNs: totalNs + lastedNs });
  }

  #weigh(session: string, weight: number | null): void {
    if (weight === null) this.#weights.delete(session);
    else this.#weights.set(session, weight);
    try {
      this.#options.sessions.weigh(session, weight);
    } catch (thrown) {
      const { code, message } = CorralError.from(thrown);
      if (code !== "SESSION_NOT_FOUND") this.#options.tell({ event: "WARNING", session, message });
    }
  }
}
