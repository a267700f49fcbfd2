import { writeFileSync } from "node:fs";
import { processesBelow, tryReadControl } from "../../cgroup/index.ts";
import type { Targets } from "./place.ts";

/** A process whose oom_score_adj is ours now. */
interface Biased {
  readonly bias: number;
  /** What it was before; 0 for one that was born with ours. */
  readonly before: number;
}

const fileOf = (pid: number): string => `/proc/${pid}/oom_score_adj`;

function readScore(pid: number): number | null {
  const text = tryReadControl(fileOf(pid))?.trim();
  return text === undefined || text === "" ? null : Number(text);
}

function writeScore(pid: number, score: number): boolean {
  try {
    writeFileSync(fileOf(pid), String(score));
    return true;
  } catch {
    return false;
  }
}

/**
 * Has the kernel choose its victims among the lower classes first, should it come to that (proc_pid_oom_score_adj(5)). A process
 * that has chosen to be an earlier victim stays one.
 */
export class OomBias {
  readonly #biased = new Map<number, Biased>();

  /** Biases who is there now. @param bias of the lower classes, its negative that of the protected; 0: what was biased is taken back */
  apply({ protects, domains }: Targets, bias: number): void {
    const wanted = new Map<number, number>();
    if (bias > 0) {
      for (const { directory } of protects) for (const pid of processesBelow(directory)) wanted.set(pid, -bias);
      for (const { clamp } of domains) for (const pid of processesBelow(clamp.directory)) wanted.set(pid, bias);
      // An agent can live without a tool call, and no call without its agent.
      for (const { place } of domains)
        if (place.framework !== null)
          for (const pid of processesBelow(place.framework)) if (wanted.has(pid)) wanted.set(pid, Math.ceil(bias / 2));
    }
    for (const [pid, score] of wanted) if (this.#biased.get(pid)?.bias !== score) this.#set(pid, score);
    for (const pid of [...this.#biased.keys()]) if (!wanted.has(pid)) this.#restore(pid);
  }

  #set(pid: number, score: number): void {
    const now = readScore(pid);
    if (now === null) return;
    const known = this.#biased.get(pid);
    const isOurs = known !== undefined ? now === known.bias : Math.abs(now) === Math.abs(score);
    const before = known?.before ?? (isOurs ? 0 : now);
    // Noted as it is: it is not looked at again.
    if (!isOurs && now > 0 && now > score) this.#biased.set(pid, { bias: score, before: now });
    else if (now === score || writeScore(pid, score)) this.#biased.set(pid, { bias: score, before });
  }

  #restore(pid: number): void {
    const known = this.#biased.get(pid);
    this.#biased.delete(pid);
    // A pid that is somebody else's by now does not have our value, or has it from us.
    if (known !== undefined && readScore(pid) === known.bias) writeScore(pid, known.before);
  }

  restoreAll(): void {
    for (const pid of [...this.#biased.keys()]) this.#restore(pid);
  }
}
