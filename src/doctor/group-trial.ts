import { mkdirSync } from "node:fs";
import { readControl, writeControl } from "../cgroup/index.ts";
import type { JoinReason } from "../kernel/index.ts";
import { inheritAll, launch, launcherPath, loadAddon, nativeErrno } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import { probeGroupName, removeProbeGroup } from "./group-attempt.ts";

/** How one harmless process came into a group: born there, joined by the launcher, or not at all. */
export type BirthTrial =
  | { readonly way: "born" }
  | { readonly way: "joined"; readonly reason: JoinReason | null }
  | { readonly way: "failed"; readonly reason: string };

/** How writing a control file of the group went: null when it took, else why not. */
export type WriteTrial = string | null;

/** What a v2 group made for the purpose showed. */
export interface GroupTrial {
  readonly birth: BirthTrial;
  /** After `cgroup.kill` was written once; null when it could not be. */
  readonly birthAfterKill: BirthTrial | null;
  readonly freeze: WriteTrial;
  readonly kill: WriteTrial;
}

/** No trial: there is no v2 mount, or no group may be made in it. */
export interface NoTrial {
  readonly untried: string;
  /** The v2 group this process is in, where there is one. */
  readonly ownDirectory: string | null;
  /** A child born into the own group instead; null when not even that could be asked. */
  readonly ownBirth: BirthTrial | null;
}

const failureOf = (thrown: unknown): string => nativeErrno(thrown) ?? CorralError.from(thrown).message;

/** Starts the smallest program in the group exactly as a run starts its workload, and waits for its end. */
async function tryBirth(path: string): Promise<BirthTrial> {
  if (launcherPath() === null) return { way: "failed", reason: "the launcher is missing" };
  try {
    const launched = await launch({
      launcherOptions: inheritAll,
      command: "/bin/true",
      args: [],
      env: [],
      fds: [-1, -1, -1],
      cgroup: path,
      beforeExec: null,
      signal: null,
      mode: "blocking",
    });
    await launched.child.exit;
    if (launched.joinFallback) return joined(launched.joinReason, launched.fail?.stage === "join");
    return launched.ready ? { way: "born" } : { way: "failed", reason: "it was killed at birth" };
  } catch (thrown) {
    return { way: "failed", reason: failureOf(thrown) };
  }
}

const joined = (reason: JoinReason | null, refused: boolean): BirthTrial =>
  refused
    ? { way: "failed", reason: `neither born in the group nor let into it (${reason})` }
    : { way: "joined", reason };

function tryWrite(action: () => void): WriteTrial {
  try {
    action();
    return null;
  } catch (thrown) {
    return CorralError.from(thrown).found ?? CorralError.from(thrown).message;
  }
}

function tryFreeze(path: string): void {
  writeControl(`${path}/cgroup.freeze`, "1");
  const frozen = readControl(`${path}/cgroup.freeze`).startsWith("1");
  writeControl(`${path}/cgroup.freeze`, "0");
  if (!frozen) throw new CorralError("CGROUP_IO", "the group did not keep the value");
}

/** Where no group may be made: whether the kernel knows of births in groups at all, asked of the own group. */
export async function tryOwnGroup(untried: string, ownDirectory: string | null): Promise<NoTrial> {
  const asked = ownDirectory !== null && loadAddon() !== null;
  return { untried, ownDirectory, ownBirth: asked ? await tryBirth(ownDirectory) : null };
}

/** Makes a v2 group below `parent`, tries everything a job's group must be able to do, and removes it. */
export async function tryGroup(parent: string): Promise<GroupTrial | NoTrial> {
  const path = `${parent}/${probeGroupName()}`;
  try {
    mkdirSync(path);
  } catch (thrown) {
    return { untried: `mkdir in ${parent} failed (${failureOf(thrown)})`, ownDirectory: null, ownBirth: null };
  }
  try {
    const birth = await tryBirth(path);
    const freeze = tryWrite(() => tryFreeze(path));
    const kill = tryWrite(() => writeControl(`${path}/cgroup.kill`, "1"));
    return { birth, freeze, kill, birthAfterKill: kill === null ? await tryBirth(path) : null };
  } finally {
    removeProbeGroup(path);
  }
}
