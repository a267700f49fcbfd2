import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { MemorySettings } from "../model/index.ts";
import type { DoneDecision, FromThread, ProtectionStatus, ProtectorStart, ToThread } from "./messages.ts";
import type { Place } from "./place.ts";

export interface ProtectorSinks {
  /** Before a tool call is killed. */
  readonly onKill: (group: string) => void;
  readonly onDecision: (decision: DoneDecision) => void;
  /** How things stand, twice a second. */
  readonly onStatus: (status: ProtectionStatus) => void;
  /** The thread has died; nothing is protected, and what it held stands as it was left. */
  readonly onEnd: (reason: string) => void;
}

/** How long a thread that is told to end may take to put things back. */
const closeWaitMs = 5000;

function programOf(): string {
  const file = join(packageRoot(), "dist/memory-thread.cjs");
  if (existsSync(file)) return file;
  throw new CorralError("NATIVE_MISSING", `the program that protects memory is missing: ${file}`, {
    object: file,
    fix: "run `npm run build` or install the package whole",
  });
}

/** Protects memory from a thread of its own, so that nothing this thread does delays it. */
export class Protector {
  readonly #worker: Worker;
  readonly #sinks: ProtectorSinks;
  #onClosed: ((failed: readonly string[]) => void) | null = null;
  #ended = false;

  private constructor(start: ProtectorStart, sinks: ProtectorSinks) {
    this.#sinks = sinks;
    this.#worker = new Worker(programOf(), { workerData: start });
    this.#worker.on("message", (message: FromThread) => this.#take(message));
    this.#worker.on("error", (error) => this.#end(CorralError.from(error).message));
    this.#worker.on("exit", (code) => this.#end(`its thread ended with ${code}`));
  }

  /** @throws CorralError NATIVE_MISSING */
  static start(start: ProtectorStart, sinks: ProtectorSinks): Protector {
    return new Protector(start, sinks);
  }

  setPlaces(places: readonly Place[]): void {
    this.#say({ kind: "places", places });
  }

  setSettings(settings: MemorySettings): void {
    this.#say({ kind: "settings", settings });
  }

  /** Takes everything back and ends the thread. @returns what could not be put back */
  async close(): Promise<readonly string[]> {
    if (this.#ended) return [];
    const closed = new Promise<readonly string[]>((resolve) => {
      this.#onClosed = resolve;
    });
    this.#say({ kind: "close" });
    const timer = setTimeout(
      () => this.#onClosed?.(["the thread that protects memory did not end in time"]),
      closeWaitMs,
    );
    const failed = await closed;
    clearTimeout(timer);
    this.#ended = true;
    await this.#worker.terminate();
    return failed;
  }

  #say(message: ToThread): void {
    if (!this.#ended) this.#worker.postMessage(message, []);
  }

  #take(message: FromThread): void {
    if (message.kind === "kill") this.#sinks.onKill(message.group);
    else if (message.kind === "decision") this.#sinks.onDecision(message.decision);
    else if (message.kind === "closed") this.#onClosed?.(message.failed);
    else this.#sinks.onStatus(message.status);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#onClosed === null) this.#sinks.onEnd(reason);
    else this.#onClosed([]);
  }
}
