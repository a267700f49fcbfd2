import { readFileSync } from "node:fs";
import { listDisks } from "../../src/cgroup/index.ts";
import { host } from "./group-parent.ts";
import type { Reason } from "./requires.ts";

const disks = listDisks(host.unified?.mountPoint ?? null);

/** `MAJ:MIN` of some whole disk of this host, or null. */
export const someDisk: string | null = disks[0]?.device ?? null;

export const disk = (): Reason => (someDisk === null ? "this host has no disk" : null);

/** Null when no disk honours weights, so that an IO priority must stand in. */
export const noWeightedDisk = (): Reason =>
  disks.some((one) => one.iocost || one.scheduler === "bfq") ? "a disk of this host honours IO weights" : null;

/** True while the scheduler weighs nice only inside a session. */
export function autogroupEnabled(): boolean {
  try {
    return readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "latin1").trim() === "1";
  } catch {
    return false;
  }
}
