import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Groups of sessions with what a guard does to them for a while, each as `path file=value`. */
export interface Temporary {
  /** Frozen or told to freeze. */
  readonly frozen: readonly string[];
  /** Of their memory, or that of others kept for them. */
  readonly clamped: readonly string[];
  /** By a weight that no class has but the one that the tests give nobody. */
  readonly weighed: readonly string[];
}

/** What a killed process has left. */
export interface Restored {
  /** Until a look found nothing any more, or the time was over. */
  readonly afterMs: number;
  /** What was left then. */
  readonly left: readonly string[];
}

/** Looks at every group below a root: test/vm/fixtures/watch-temporary.c, one process for all looks. */
export class TemporaryWatch {
  readonly #child: ChildProcess;
  readonly #waiting: ((lines: readonly string[]) => void)[] = [];

  /** @param program the fixture, compiled */
  constructor(program: string, root: string) {
    const child = spawn(program, [root], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    let lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (!line.startsWith(".")) return;
      this.#waiting.shift()?.(lines);
      lines = [];
    });
    child.on("exit", () => {
      for (const answer of this.#waiting.splice(0)) answer([]);
    });
  }

  #ask(words: string): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${words}\n`);
    });
  }

  async look(): Promise<Temporary> {
    const lines = await this.#ask("look");
    assert.equal(lines.at(-1), ".", "the watch has ended");
    const of = (kind: keyof Temporary): readonly string[] =>
      lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
    return { frozen: of("frozen"), clamped: of("clamped"), weighed: of("weighed") };
  }

  /** Kills a child of this process, which it has not reaped, and looks until nothing of it is left, `mostMs` at most. */
  async kill(pid: number, mostMs: number): Promise<Restored> {
    const lines = await this.#ask(`kill ${pid} ${mostMs}`);
    const afterMs = Number(/^\. ([0-9.]+)$/.exec(lines.at(-1) ?? "")?.[1] ?? Number.NaN);
    assert.ok(!Number.isNaN(afterMs), "the watch has ended");
    return { afterMs, left: lines.slice(0, -1) };
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
