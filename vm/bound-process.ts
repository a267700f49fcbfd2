import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { CorralError } from "../src/report/index.ts";
import { lastLine, requireTool } from "./tool.ts";

/** How much of a program's complaints is kept. */
const maxStderrBytes = 64 * 1024;

/** How a program ended: its status, or null when a signal ended it. */
export interface ProcessEnd {
  readonly status: number | null;
  /** The last line it wrote to stderr; empty when there was none. */
  readonly lastWords: string;
}

/**
 * A helper program that never outlives this process: the kernel kills it when this process dies
 * (PR_SET_PDEATHSIG), an exit handler when it ends, and `stop` before that. It has a process group of
 * its own, so a Ctrl-C at the terminal reaches this process only, which then stops it in order.
 */
export class BoundProcess implements AsyncDisposable {
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #killGroup = (): void => {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // The group is gone already, which is what was wanted.
    }
  };

  /** @throws {CorralError} VM_UNAVAILABLE when the program is missing */
  constructor(name: string, args: readonly string[]) {
    const bound = ["--pdeathsig", "KILL", "--", requireTool(name), ...args];
    this.#child = spawn(requireTool("setpriv"), bound, { stdio: ["ignore", "ignore", "pipe"], detached: true });
    process.on("exit", this.#killGroup);
    this.ended = this.#waitForEnd(name);
    // Whoever awaits `ended` sees the failure; nobody has to.
    this.ended.catch(() => undefined);
  }

  /** Kills the program and everything it has started, and waits until it is gone. */
  async stop(): Promise<void> {
    this.#killGroup();
    await this.ended.catch(() => undefined);
    process.off("exit", this.#killGroup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #waitForEnd(name: string): Promise<ProcessEnd> {
    let stderr = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-maxStderrBytes);
    });
    try {
      const [status] = (await once(this.#child, "close")) as [number | null];
      return { status, lastWords: lastLine(stderr) };
    } catch (cause) {
      throw new CorralError("VM_FAILED", `${name} could not be started`, { object: name, cause });
    }
  }
}
