import { basename } from "node:path";
import type { NativeAddon, PidfdInfo } from "../kernel/index.ts";
import { addonStatus, inheritAll, launch, launcherPath, nativeErrno, spawnProcess } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import type { Finding } from "./finding.ts";

const failureOf = (thrown: unknown): string => nativeErrno(thrown) ?? CorralError.from(thrown).message;

function findAddon(): Finding {
  const { addon, path, reason } = addonStatus();
  return {
    group: "native",
    name: "addon",
    status: addon === null ? "no" : "yes",
    found: addon === null ? `not usable: ${reason}` : `${basename(path ?? "")} is loaded`,
    probe: "loading it",
    consequence:
      addon === null
        ? "node:child_process starts the launcher, which joins the group itself; resource usage comes from the group only"
        : "workloads are started by clone3(2) and watched by pidfd",
    facts: { loaded: addon !== null, path, reason },
  };
}

/** Null when the launcher became the command, else why it did not. */
async function tryLauncher(): Promise<string | null> {
  if (launcherPath() === null) return "it was not built for this platform";
  try {
    const { child, ready, fail } = await launch({
      launcherOptions: inheritAll,
      command: "/bin/true",
      args: [],
      env: [],
      fds: [-1, -1, -1],
      cgroup: null,
      beforeExec: null,
      signal: null,
      mode: "blocking",
    });
    await child.exit;
    // A host without /bin/true proves the launcher all the same: it said so itself.
    return ready && (fail === null || fail.stage === "exec") ? null : (fail?.stage ?? "it said nothing");
  } catch (thrown) {
    return failureOf(thrown);
  }
}

async function findLauncher(): Promise<Finding> {
  const problem = await tryLauncher();
  return {
    group: "native",
    name: "launcher",
    status: problem === null ? "yes" : "no",
    found: problem === null ? "corral-launch works" : `corral-launch is not usable: ${problem}`,
    probe: "launching /bin/true through it",
    consequence:
      problem === null
        ? "limits and attributes stand before the first instruction"
        : "corral run cannot start anything",
    facts: { works: problem === null, path: launcherPath(), reason: problem },
  };
}

/** What pidfds showed on a child of ours that has ended and was reaped. */
export type PidfdTrial =
  | { readonly opened: true; readonly info: PidfdInfo | null; readonly infoErrno: string | null }
  | { readonly opened: false; readonly reason: string };

/** Starts a child, opens a second pidfd of it, and asks that one after the child was reaped. */
async function tryPidfds(addon: NativeAddon | null): Promise<PidfdTrial> {
  if (addon === null) return { opened: false, reason: "it needs the addon" };
  let pidfd: number | null = null;
  try {
    const child = await spawnProcess({
      file: "/bin/true",
      argv: ["true"],
      env: [],
      cwd: null,
      fds: [-1, -1, -1],
      cgroup: null,
      mode: "blocking",
    });
    try {
      pidfd = addon.pidfdOpen(child.pid);
    } finally {
      await child.exit;
    }
    return { opened: true, info: addon.pidfdInfo(pidfd), infoErrno: null };
  } catch (thrown) {
    if (pidfd === null) return { opened: false, reason: failureOf(thrown) };
    return { opened: true, info: null, infoErrno: failureOf(thrown) };
  } finally {
    if (pidfd !== null) addon.close(pidfd);
  }
}

/** What the pidfd of a process is good for here. */
export function judgePidfds(trial: PidfdTrial): Finding[] {
  return [judgeOpen(trial), judgeInfo(trial)];
}

function judgeOpen(trial: PidfdTrial): Finding {
  return {
    group: "native",
    name: "pidfd",
    status: trial.opened ? "yes" : "no",
    found: trial.opened ? "a process can be opened, signalled and watched" : trial.reason,
    probe: "pidfd_open(2) of a child",
    consequence: trial.opened
      ? "no signal can hit a reused pid; an exit is an event"
      : "identity is checked by boot id, pid and start time before each action; only children can be waited for",
    facts: { works: trial.opened },
  };
}

function judgeInfo(trial: PidfdTrial): Finding {
  const info = trial.opened ? trial.info : null;
  const exits = info !== null && info.exitStatus !== null;
  const absent = !trial.opened ? trial.reason : (trial.infoErrno ?? "the kernel has no PIDFD_GET_INFO (Linux 6.13)");
  return {
    group: "native",
    name: "pidfd info",
    status: exits ? "yes" : info === null ? "no" : "partly",
    found: exits
      ? "the exit status of a reaped process is kept"
      : info === null
        ? absent
        : "group and ids are told, the exit status is not (Linux 6.15)",
    probe: "ioctl(2) PIDFD_GET_INFO on a child after it was reaped",
    consequence: exits
      ? "the true exit status of a process that is not our child is known"
      : "the exit status of a process that is not our child stays unknown",
    facts: { exit_status: exits, cgroup_id: info !== null && (info.mask & 4) === 4 },
  };
}

/** Probes of the section Native pieces and processes. */
export async function findNative(): Promise<Finding[]> {
  const [launcher, pidfds] = await Promise.all([findLauncher(), tryPidfds(addonStatus().addon)]);
  return [findAddon(), launcher, ...judgePidfds(pidfds)];
}
