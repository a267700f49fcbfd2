import { schedPolicies } from "./constants.ts";
import { requireAddon } from "./native-addon.ts";
import type { NativeSchedAttr } from "./native-attributes.ts";

/** The least that the kernel grants (`__setparam_fair`, kernel/sched/syscalls.c). */
const shortNs = 100_000n;
const flagResetOnFork = 1;
const thisThread = 0;

let holders = 0;
let before: NativeSchedAttr | null = null;

function setSlice(flags: number, sliceNs: bigint, tid = thisThread): boolean {
  try {
    // Despite its name: the call is sched_setattr, and for a fair thread the runtime is the slice.
    requireAddon().schedSetDeadline(tid, schedPolicies.other, flags, sliceNs, 0n, 0n);
    return true;
  } catch {
    // Refused by a sandbox, say; or the flag may not be cleared without CAP_SYS_NICE.
    return false;
  }
}

/** Null where there is nothing to shorten: another policy or nice value was chosen, or the kernel has no slices (before 6.12). */
function shorten(): NativeSchedAttr | null {
  const attr = requireAddon().schedGetattr(thisThread);
  if (attr.policy !== schedPolicies.other || attr.nice !== 0 || attr.runtimeNs <= shortNs) return null;
  // Children are to have the plain slice.
  return setSlice(attr.flags | flagResetOnFork, shortNs) ? attr : null;
}

function restore({ flags, runtimeNs }: NativeSchedAttr): void {
  const { policy, nice, ...now } = requireAddon().schedGetattr(thisThread);
  // Changed by others meanwhile.
  if (policy !== schedPolicies.other || nice !== 0 || now.runtimeNs !== shortNs) return;
  if (!setSlice(flags, runtimeNs)) setSlice(flags | flagResetOnFork, runtimeNs);
}

/**
 * Gives the calling thread slices of 0.1 ms, with which it preempts others when it wakes up: without, the scheduler lets a
 * program that has just begun run its own slice first, mostly to its end (docs/benchmarks.md). Its share of the CPU
 * stays; children get the plain slice. Does nothing before Linux 6.12, for another policy, or a nice value other than 0.
 * @returns gives back what was before, when the last holder calls it; idempotent
 * @throws CorralError NATIVE_MISSING without the addon
 */
export function holdShortSlice(): () => void {
  if (holders === 0) before = shorten();
  holders += 1;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    holders -= 1;
    if (holders > 0 || before === null) return;
    restore(before);
    before = null;
  };
}

/** The same for as long as it lives for another thread of this process, which is fair and of nice value 0. */
export function giveShortSlice(tid: number): void {
  setSlice(0, shortNs, tid);
}
