import { statSync } from "node:fs";
import type { Controller, GroupUsage, HostCgroups, Limits } from "../../cgroup/index.ts";
import { applyLimits, GroupHandle, parseFlatKeyed, planLimits, readUsage, tryReadControl } from "../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import type { BackgroundPolicy } from "../model/index.ts";
import { inGuardWords } from "../model/index.ts";
import { isVacant, reapWhenVacant, vacate } from "../tree/index.ts";

/** How long killed processes may take to go. */
const killWaitMs = 10_000;

/** What the group of a call has counted. */
export interface CallUsage {
  readonly usage: GroupUsage;
  readonly currentBytes: number | null;
  /** Whether it was the call's own cap that was used up. */
  readonly ownOom: boolean;
}

/** The group of one tool call: it stands with its limits before a process joins, and goes when the call is over. */
export class CallGroup {
  readonly path: string;
  readonly outcomes: readonly ConstraintOutcome[];
  readonly #group: GroupHandle;

  private constructor(group: GroupHandle, outcomes: readonly ConstraintOutcome[]) {
    this.#group = group;
    this.path = group.directories[0]?.path ?? "";
    this.outcomes = outcomes;
  }

  /**
   * Makes the group and writes its limits, each read back.
   * @param tools directory of the group above it, which passes on `has`
   * @throws CorralError CGROUP_IO
   */
  static make(host: HostCgroups, tools: string, name: string, has: readonly Controller[], limits: Limits): CallGroup {
    const { unified } = host;
    if (unified === null) throw new RangeError("a tool call needs cgroup v2");
    const parent = { hierarchy: unified, directory: tools, stepAside: false };
    const group = GroupHandle.create(name, [{ parent, controllers: has, optional: [] }]);
    const plan = planLimits(limits, host);
    const applied = applyLimits(plan.planned, (one) => group.directoryOf(one));
    return new CallGroup(group, inGuardWords([...plan.settled, ...applied]));
  }

  /** A group that stands already, of a call that began under another guard. */
  static left(path: string): CallGroup {
    // Gone meanwhile: nobody is in it, and nothing is to be removed.
    const { dev: device, ino: inode } = statSync(path, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0 };
    return new CallGroup(new GroupHandle([{ path, version: 2, controllers: [], device, inode }]), []);
  }

  /** Pids in it and below. */
  processes(): readonly number[] {
    return this.#group.processes();
  }

  isVacant(): boolean {
    return isVacant(this.path);
  }

  kill(): void {
    this.#group.kill();
  }

  /** Memory in use now; null: not counted, or the group is gone. */
  memoryBytes(): number | null {
    const current = tryReadControl(`${this.path}/memory.current`)?.trim() ?? "";
    return current === "" ? null : Number(current);
  }

  read(): CallUsage {
    const local = parseFlatKeyed(tryReadControl(`${this.path}/memory.events.local`));
    return {
      usage: readUsage(this.#group),
      currentBytes: this.memoryBytes(),
      ownOom: (local.get("oom") ?? 0) > 0,
    };
  }

  /** Sees to the processes that the command left behind, if any. @param framework where those go that are adopted */
  async clear(policy: BackgroundPolicy, waitMs: number, framework: string): Promise<void> {
    if (this.isVacant()) return;
    if (policy === "adopt") vacate(this.path, framework);
    if (policy === "wait" && (await reapWhenVacant(this.path, waitMs, null))) return;
    if (!this.isVacant()) this.kill();
  }

  /**
   * Removes the group as soon as nobody is in it.
   * @returns false when somebody still is after ten seconds; a task that hangs in the kernel cannot be killed
   */
  remove(): Promise<boolean> {
    return reapWhenVacant(this.path, killWaitMs, null);
  }

  /** Removes it whenever that may be. */
  removeLater(signal: AbortSignal): void {
    reapWhenVacant(this.path, null, signal).catch(() => {});
  }
}
