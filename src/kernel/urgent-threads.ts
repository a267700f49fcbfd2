import { readdirSync } from "node:fs";
import { schedPolicies } from "./constants.ts";
import type { NativeAddon } from "./native-addon.ts";
import { loadAddon } from "./native-addon.ts";
import type { NativeSchedAttr } from "./native-attributes.ts";
import { nativeCallError, nativeErrno } from "./native-error.ts";
import { readProcText } from "./proc-read.ts";
import { giveShortSlice } from "./short-slice.ts";
import { UrgencyBudget } from "./urgency-budget.ts";

/** The lowest of SCHED_FIFO: before every fair thread, behind everything that somebody made real-time on purpose. */
const priority = 1;
const resetOnFork = 0x4000_0000;
const flagResetOnFork = 1;
const thisThread = 0;
const throttlePath = "/proc/sys/kernel/sched_rt_runtime_us";

/** The threads of this process, before all fair ones. */
export interface UrgentThreads {
  /** Why they are as they were; null: they are urgent. */
  readonly refused: string | null;
  /**
   * To be called a few times a second: gives way while the process needs more than three quarters of a CPU.
   * @returns whether they are urgent now
   */
  check(): boolean;
  /** Makes them what they were before. Idempotent. */
  release(): void;
}

const refusal = (refused: string): UrgentThreads => ({ refused, check: () => false, release: () => {} });

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const nowNs = (): number => performance.now() * 1e6;

/** A thread that ends meanwhile needs nothing. */
function onThread(act: () => void): void {
  try {
    act();
  } catch (thrown) {
    if (nativeErrno(thrown) !== "ESRCH") throw thrown;
  }
}

class HeldThreads implements UrgentThreads {
  readonly refused = null;
  readonly #addon: NativeAddon;
  /** By thread: what it was. */
  readonly #before: ReadonlyMap<number, NativeSchedAttr>;
  readonly #budget = new UrgencyBudget(cpuUs(), nowNs());
  #urgent = true;
  #held = true;

  constructor(addon: NativeAddon, before: ReadonlyMap<number, NativeSchedAttr>) {
    this.#addon = addon;
    this.#before = before;
    this.#raise();
  }

  check(): boolean {
    if (!this.#held) return false;
    const urgent = this.#budget.note(cpuUs(), nowNs());
    if (urgent === this.#urgent) return urgent;
    this.#urgent = urgent;
    if (urgent) this.#raise();
    else this.#lower();
    return urgent;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#urgent) this.#lower();
  }

  #raise(): void {
    for (const tid of this.#before.keys())
      onThread(() => this.#addon.schedSetscheduler(tid, schedPolicies.fifo | resetOnFork, priority));
  }

  #lower(): void {
    for (const [tid, { flags, runtimeNs }] of this.#before)
      onThread(() => {
        const keptFlags = flags & flagResetOnFork;
        try {
          this.#makeFair(tid, keptFlags, runtimeNs);
        } catch (thrown) {
          if (nativeErrno(thrown) === "ESRCH") throw thrown;
          // The flag may not be cleared without CAP_SYS_NICE.
          this.#makeFair(tid, flagResetOnFork, runtimeNs);
        }
      });
  }

  #makeFair(tid: number, flags: number, sliceNs: bigint): void {
    // Despite its name: the call is sched_setattr, and for a fair thread the runtime is the slice.
    this.#addon.schedSetDeadline(tid, schedPolicies.other, flags, sliceNs, 0n, 0n);
  }
}

/** Whether the kernel stops a real-time thread that has gone wild. */
const isThrottled = (): boolean => readProcText(throttlePath)?.trim() !== "-1";

/** Whether nobody has chosen another scheduling policy or nice value for this process. */
function isPlain(addon: NativeAddon): boolean {
  const { policy, nice } = addon.schedGetattr(thisThread);
  return policy === schedPolicies.other && nice === 0;
}

/** What the threads of this process are, those that anybody made something else left out. */
function fairThreads(addon: NativeAddon): ReadonlyMap<number, NativeSchedAttr> {
  const threads = new Map<number, NativeSchedAttr>();
  for (const tid of readdirSync("/proc/self/task").map(Number))
    onThread(() => {
      const attr = addon.schedGetattr(tid);
      if (attr.policy === schedPolicies.other && attr.nice === 0) threads.set(tid, attr);
    });
  return threads;
}

/**
 * Makes the threads that this process has now real-time at the lowest priority (SCHED_FIFO, sched(7)), so that it runs as soon as it
 * has something to do, however busy the host is: all of them, because the event loop waits for those that collect garbage with it.
 * Children and later threads are ordinary ones (SCHED_RESET_ON_FORK). What keeps a process that has gone wild from holding the
 * CPUs is `check` and, where that is not reached, the kernel's own throttle: where an administrator has switched that off, nothing
 * is done, and neither where another policy or nice value was chosen.
 */
export function holdUrgent(): UrgentThreads {
  const addon = loadAddon();
  if (addon === null) return refusal("the native addon is missing");
  if (!isThrottled())
    return refusal(`the kernel would not stop a real-time thread that has gone wild: ${throttlePath} is -1`);
  try {
    if (!isPlain(addon)) return refusal("another scheduling policy or nice value was chosen for it");
    return new HeldThreads(addon, fairThreads(addon));
  } catch (thrown) {
    return refusal(nativeCallError("sched_setscheduler", thrown).message);
  }
}

/**
 * Makes one thread of this process that never has much to do at a time run as soon as it has something: real-time at the lowest priority
 * where `holdUrgent` would be; where the kernel refuses that, with the shortest slice. Nothing is done where another policy or nice value
 * was chosen for the process.
 */
export function hurryThread(addon: NativeAddon, tid: number): void {
  if (!isPlain(addon)) return;
  try {
    if (!isThrottled()) return giveShortSlice(tid);
    addon.schedSetscheduler(tid, schedPolicies.fifo | resetOnFork, priority);
  } catch {
    giveShortSlice(tid);
  }
}
