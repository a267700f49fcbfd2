import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CorralError } from "../src/report/index.ts";
import { makeCacheDirectory } from "./cache-directory.ts";
import { requireTool } from "./tool.ts";

/** How long to wait for a lock before saying so. */
const quietWaitMs = 300;

export interface LockRequest {
  /** File name below the cache directory. */
  readonly name: string;
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
   * Waits until the lock is free and takes it.
   * @throws the signal's reason when aborted while waiting
   */
  static async acquire({ name, holder, onProgress, signal }: LockRequest): Promise<HostLock> {
    signal?.throwIfAborted();
    const path = join(await makeCacheDirectory(), name);
    const script = "echo locked; exec cat >/dev/null";
    const child = spawn(requireTool("flock"), ["--exclusive", "--no-fork", path, "/bin/sh", "-c", script], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    const patience = setTimeout(() => onProgress?.(`waiting for ${holder} on this host to end`), quietWaitMs);
    const stop = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", stop);
    try {
      await new Promise<void>((resolve, reject) => {
        child.stdout?.once("data", () => resolve());
        child.once("error", reject);
        child.once("exit", () =>
          reject(new CorralError("VM_UNAVAILABLE", `${path} could not be locked`, { object: path })),
        );
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(patience);
      signal?.removeEventListener("abort", stop);
    }
    return new HostLock(path, child);
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
