import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CorralError } from "../src/report/index.ts";
import { makeCacheDirectory } from "./cache-directory.ts";
import { requireTool } from "./tool.ts";

/** How long to wait for a lock before saying so. */
const quietWaitMs = 300;

export interface LockRequest {
  /** File names below the cache directory, each a lock; the first that is free is taken. */
  readonly names: readonly [string, ...string[]];
  /** What the lock is for, for the progress line: "another virtual machine". */
  readonly holder: string;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A lock between processes: flock(2) taken by a small child whose stdin is a pipe from this process.
 * Whatever ends this process closes the pipe, which ends the child, which frees the lock, so no lock
 * is ever left behind. The file also holds a note for the next holder.
 */
export class HostLock implements AsyncDisposable {
  readonly #path: string;
  readonly #child: ChildProcess;

  private constructor(path: string, child: ChildProcess) {
    this.#path = path;
    this.#child = child;
  }

  /**
   * Takes the first lock that is free; when none is, waits for one of them.
   * @throws the signal's reason when aborted while waiting
   */
  static async acquire({ names, holder, onProgress, signal }: LockRequest): Promise<HostLock> {
    const directory = await makeCacheDirectory();
    for (const name of names) {
      const lock = await HostLock.#take(join(directory, name), ["--nonblock"], signal);
      if (lock !== null) return lock;
    }
    // Those who wait spread over the locks.
    const path = join(directory, names[process.pid % names.length] ?? names[0]);
    const patience = setTimeout(() => onProgress?.(`waiting for ${holder} on this host to end`), quietWaitMs);
    try {
      const lock = await HostLock.#take(path, [], signal);
      if (lock !== null) return lock;
    } finally {
      clearTimeout(patience);
    }
    throw new CorralError("VM_UNAVAILABLE", `${path} could not be locked`, { object: path });
  }

  /** Null when flock ended without the lock. */
  static async #take(path: string, flags: readonly string[], signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const script = "echo locked; exec cat >/dev/null";
    const command = ["--exclusive", "--no-fork", ...flags, path, "/bin/sh", "-c", script];
    const child = spawn(requireTool("flock"), command, { stdio: ["pipe", "pipe", "ignore"], detached: true });
    const stop = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", stop);
    try {
      const locked = await new Promise<boolean>((resolve, reject) => {
        child.stdout?.once("data", () => resolve(true));
        child.once("error", reject);
        child.once("exit", () => resolve(false));
      });
      signal?.throwIfAborted();
      return locked ? new HostLock(path, child) : null;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** What the last holder noted; empty when there was none. */
  async readNote(): Promise<string> {
    return (await readFile(this.#path, "utf8")).trim();
  }

  /** Leaves a note to whoever takes the lock next. */
  async writeNote(note: string): Promise<void> {
    await writeFile(this.#path, note === "" ? "" : `${note}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await gone;
  }
}
