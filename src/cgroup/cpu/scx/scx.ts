import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { requireScheduler } from "../../../kernel/index.ts";
import type { CpuAlert, CpuBackend, CpuBackendName, CpuBoost } from "../backend.ts";
import { writeWeight } from "../write-weight.ts";
import { adoptGroup, releaseGroup } from "./adopt.ts";
import type { SchedulerSample, SchedulerWord } from "./lines.ts";
import { SchedulerLines } from "./lines.ts";
import { LoaderWatch } from "./loader-watch.ts";
import type { SchedulerOptions } from "./options.ts";
import { schedulerArguments } from "./options.ts";
import { refusalOf } from "./refusal.ts";
import { extState } from "./state.ts";

/** What the scheduler's owner is told. */
export interface ScxListener {
  readonly onAlert: (alert: CpuAlert) => void;
  readonly onSample?: (sample: SchedulerSample) => void;
}

const stallKind = 1026;
/** Longest wait for the kernel to put away what nobody holds any more. */
const fallBackMs = 5000;
const nsecPerMs = 1e6;

type ExitWord = Extract<SchedulerWord, { kind: "exit" }>;

/** Whether a group is one of these or below one of them. */
const isWithin = (groups: ReadonlySet<string>, group: string): boolean =>
  [...groups].some((one) => group === one || group.startsWith(`${one}/`));

/** Gives tasks back. One that cannot be changed is the kernel's own scheduler's all the same when no other is loaded. */
function tryToRelease(group: string): void {
  try {
    releaseGroup(group);
  } catch {}
}

/** Until no scheduler is loaded any more. */
async function awaitFallBack(): Promise<string> {
  const until = performance.now() + fallBackMs;
  for (;;) {
    const state = extState();
    if (state === "disabled" || state === "absent" || performance.now() > until) return state;
    await pause(10);
  }
}

/** @param silence why the loader was killed by us; null: it was not @param ended how it ended */
function alertOf(exit: ExitWord | null, silence: string | null, ended: string, state: string): CpuAlert {
  if (exit === null) {
    const kind = silence === null ? "died" : "stalled";
    return { kind, reason: silence ?? `the loader was ${ended}`, message: "", exitKind: null, state };
  }
  const { exitKind, reason, message } = exit;
  return { kind: exitKind === stallKind ? "stalled" : "ended", reason, message, exitKind, state };
}

/** Null when it is gone. */
function inodeOf(group: string): number | null {
  return statSync(group, { throwIfNoEntry: false })?.ino ?? null;
}

/** Corral's own scheduler, held by a helper process. Use `ScxBackend.open`. */
export class ScxBackend implements CpuBackend {
  readonly #child: ChildProcess;
  readonly #listener: ScxListener;
  readonly #lines = new SchedulerLines();
  readonly #early: SchedulerWord[] = [];
  readonly #boosts = new Map<number, ((errno: number) => void)[]>();
  readonly #adopted = new Set<string>();
  readonly #gone: Promise<void>;
  #watch: LoaderWatch | null = null;
  #silence: string | null = null;
  #onReady: (() => void) | null = null;
  #isReady = false;
  #exit: ExitWord | null = null;
  #isOver = false;
  #isClosing = false;
  #ended = "it could not be started";

  private constructor(options: SchedulerOptions, listener: ScxListener) {
    this.#listener = listener;
    this.#child = spawn(requireScheduler(), schedulerArguments(options), { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin?.on("error", () => {});
    this.#child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      for (const word of this.#lines.take(piece)) this.#take(word);
    });
    this.#gone = new Promise<void>((resolve) => {
      this.#child.once("error", (error) => {
        this.#ended = error.message;
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        this.#ended = signal === null ? `exit status ${code}` : `killed by ${signal}`;
        resolve();
      });
    }).then(() => this.#end());
  }

  /**
   * Loads the scheduler; resolves when the kernel has taken it.
   * @throws CorralError SCHEDULER_UNAVAILABLE naming what the kernel lacks or refused, NATIVE_MISSING without the helper
   */
  static async open(options: SchedulerOptions, listener: ScxListener): Promise<ScxBackend> {
    const backend = new ScxBackend(options, listener);
    const ready = new Promise<void>((resolve) => {
      backend.#onReady = resolve;
    });
    await Promise.race([ready, backend.#gone]);
    if (backend.#isReady) {
      backend.#listen(options.intervalMs);
      return backend;
    }
    throw refusalOf(backend.#early, backend.#ended);
  }

  get name(): CpuBackendName {
    return this.#isOver ? "fair" : "scx";
  }

  /** Process id of the loader. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  setWeight(group: string, weight: number): void {
    writeWeight(group, weight);
  }

  adopt(group: string): number {
    if (this.#isOver) return 0;
    // Below one that is known it will be found there.
    if (!isWithin(this.#adopted, group)) this.#adopted.add(group);
    return adoptGroup(group);
  }

  release(group: string): number {
    this.#adopted.delete(group);
    return releaseGroup(group);
  }

  async boost(group: string, { budgetMs, periodMs }: CpuBoost): Promise<string | null> {
    if (this.#isOver) return "the scheduler is not loaded any more";
    const id = inodeOf(group);
    if (id === null) return `${group} is gone`;
    const errno = await new Promise<number>((resolve) => {
      const waiting = this.#boosts.get(id) ?? [];
      this.#boosts.set(id, [...waiting, resolve]);
      const [budgetNs, periodNs] = [budgetMs, periodMs].map((ms) => Math.round(ms * nsecPerMs));
      this.#child.stdin?.write(`boost ${id} ${budgetNs} ${periodNs}\n`);
    });
    return errno === 0 ? null : `the scheduler has no place of its own for ${group} (errno ${errno})`;
  }

  /** Asks for a sample beside those of the interval. */
  askSample(): void {
    this.#child.stdin?.write("sample\n");
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#child.stdin?.end();
    await this.#gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** With an interval the helper speaks by itself, and is missed when it does not. */
  #listen(intervalMs: number): void {
    if (intervalMs === 0 || this.#isOver) return;
    this.#watch = new LoaderWatch(intervalMs, (silentMs) => {
      this.#silence = `the loader gave no sign of life for ${silentMs / 1000} s and was killed`;
      this.#child.kill("SIGKILL");
    });
  }

  #take(word: SchedulerWord): void {
    this.#watch?.heard();
    if (word.kind === "sample") return this.#listener.onSample?.(word.sample);
    if (word.kind === "boost") return this.#boosts.get(word.group)?.shift()?.(word.errno);
    if (word.kind === "exit") this.#exit = word;
    if (word.kind !== "ready") return void this.#early.push(word);
    this.#isReady = true;
    this.#onReady?.();
  }

  /** The helper is gone, and with it the scheduler: gives the tasks their policy back and says why, unless it was wanted. */
  async #end(): Promise<void> {
    this.#watch?.stop();
    // One that was refused may have been because of another's, which stays.
    const state = this.#isReady ? await awaitFallBack() : extState();
    this.#isOver = true;
    for (const waiting of this.#boosts.values()) for (const resolve of waiting) resolve(3);
    for (const group of this.#adopted) tryToRelease(group);
    if (!this.#isReady || this.#isClosing) return;
    this.#listener.onAlert(alertOf(this.#exit, this.#silence, this.#ended, state));
  }
}
