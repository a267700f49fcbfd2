import { writeSync } from "node:fs";
import { CorralError, errnoOf } from "../report/index.ts";
import { spawnWithAddon } from "./addon-child.ts";
import type { ChildHandle, SpawnMode, SpawnRequest } from "./child-handle.ts";
import { signalNumbers } from "./constants.ts";
import type { LauncherOptions } from "./launcher-options.ts";
import { launcherArguments } from "./launcher-options.ts";
import type { LauncherSet, LauncherStatus } from "./launcher-status.ts";
import { ParsedStatus } from "./launcher-status.ts";
import type { NativeAddon } from "./native-addon.ts";
import { loadAddon, pipeFds, requireLauncher } from "./native-addon.ts";
import { nativeCallError, nativeErrno, nativeSyscall } from "./native-error.ts";
import { pipeFd, spawnWithNode } from "./node-child.ts";
import { once } from "./once.ts";
import type { ProcessIdentity } from "./procfs.ts";
import { fitsPipe, readAtEnd, readLines } from "./status-reader.ts";

/** What to launch. */
export interface LaunchRequest {
  readonly launcherOptions: LauncherOptions;
  /** A path, or a name that the launcher looks up on the PATH of `env`, as execvp(3). */
  readonly command: string;
  /** Arguments after the command. */
  readonly args: readonly string[];
  /** `NAME=value` entries: the whole environment. */
  readonly env: readonly string[];
  /** As in `SpawnRequest`, open until the launch has settled; the two numbers after the last one are used by the launcher until the exec. */
  readonly fds: readonly number[];
  /**
   * Directory of the v2 group that the workload is to be in before its first instruction; null: our own (v1 groups are
   * joined by `launcherOptions.joins`).
   */
  readonly cgroup: string | null;
  /**
   * Called once the launcher has done all but the exec: it is in its group and has its attributes. The
   * exec happens when this has settled; a throw kills the launcher and is rethrown by `launch`. Null: no wait.
   */
  readonly beforeExec: ((held: HeldLauncher) => void | Promise<void>) | null;
  /**
   * When the exec happens, by CLOCK_MONOTONIC: the launcher itself sleeps until then. One that is over by when `beforeExec` has
   * settled is at once. Needs `beforeExec`. Absent: at once.
   */
  readonly startAtNs?: bigint | null;
  /** Aborting kills a launcher that has not executed the command yet; null: cannot be aborted. */
  readonly signal: AbortSignal | null;
  /** Whether the event loop goes on while the launcher is spawned. */
  readonly mode: SpawnMode;
}

/** A launcher that waits to become the workload, or was let go on already by who made it. */
export interface HeldLauncher {
  readonly child: ChildHandle;
  readonly sets: readonly LauncherSet[];
  /** Absent: it waits. */
  readonly released?: ReleasedLauncher;
}

/** A launcher that goes on: what only its parent was there to see. */
export interface ReleasedLauncher {
  readonly identity: ProcessIdentity;
  /** CLOCK_MONOTONIC just before. */
  readonly releasedNs: bigint;
  /** Whether it is known to have executed its command, or to have failed; absent: it is. */
  readonly executed?: "unknown";
}

/**
 * Why the launcher joined the group itself instead of being born in it: no addon; the kernel or a seccomp
 * filter has no CLONE_INTO_CGROUP; the group is frozen (a vfork child there would stop the thread that spawned it); or
 * Linux 6.12–6.18 killed the child at birth because the group's cgroup.kill had been written.
 */
export type JoinReason = "no-addon" | "clone-unsupported" | "frozen" | "killed-at-birth";

/** A launcher that has become the workload (`ready`, `fail` null), or has told why not. */
export interface LaunchResult extends LauncherStatus {
  readonly child: ChildHandle;
  /** True when the group was joined by the launcher instead of by clone3; `joinReason` says why. */
  readonly joinFallback: boolean;
  readonly joinReason: JoinReason | null;
}

/** A spawned launcher: its status text as it grows, and the pipe that holds it back. */
interface Started {
  readonly child: ChildHandle;
  /** The whole status text, where it came with the spawn. */
  readonly output: string | null;
  /** Resolves with the whole text when the pipe has closed; `onText` sees every longer prefix. */
  readonly readStatus: (onText: (text: string) => void) => Promise<string>;
  /** Lets the launcher go on to its exec. */
  readonly release: (order: Buffer) => void;
  /** Closes our end of the hold pipe. */
  readonly close: () => void;
}

// A launcher takes less than one millisecond to its exec; one that takes longer shall not keep a thread of the pool.
const startMs = 10;

// Without `holds` there must be no second pipe: only `--hold` makes the launcher close it at the exec.
async function startWithAddon(addon: NativeAddon, request: SpawnRequest, holds: boolean): Promise<Started> {
  const pipes = holds ? [pipeFds.writtenByChild, pipeFds.readByChild] : [pipeFds.writtenByChild];
  const whole = !holds && fitsPipe(request.argv);
  const readMs = whole && request.mode === "pool" ? startMs : 0;
  const fds = request.fds.concat(pipes);
  const { child, pipes: ends, output } = await spawnWithAddon(addon, { ...request, fds }, readMs);
  if (output !== null) return { child, output, readStatus: async () => output, release: doNothing, close: doNothing };
  const [statusRead = -1, holdWrite = null] = ends;
  const read = whole ? readAtEnd : readLines;
  return {
    child,
    output,
    readStatus: read(addon, statusRead),
    release: (order) => letGo(() => holdWrite !== null && writeSync(holdWrite, order)),
    close: once(() => {
      if (holdWrite !== null) addon.close(holdWrite);
    }),
  };
}

const doNothing = (): void => {};

/** What lets a held launcher go on: `g`, or `t` and the moment. */
function releaseOrder(atNs: bigint | null): Buffer {
  if (atNs === null) return Buffer.from("g");
  const moment = new BigInt64Array([atNs]);
  return Buffer.concat([Buffer.from("t"), Buffer.from(moment.buffer)]);
}

/** A launcher that died meanwhile has closed its end: EPIPE, and its exit tells the rest. */
function letGo(write: () => unknown): void {
  try {
    write();
  } catch (thrown) {
    if (errnoOf(thrown) !== "EPIPE") throw thrown;
  }
}

async function startWithNode(request: SpawnRequest, holds: boolean): Promise<Started> {
  const pipes: (typeof pipeFd)[] = holds ? [pipeFd, pipeFd] : [pipeFd];
  const { child, streams } = await spawnWithNode({ ...request, fds: [...request.fds, ...pipes] });
  const status = streams[request.fds.length] as import("node:stream").Readable;
  const hold = streams[request.fds.length + 1] as import("node:stream").Writable | undefined;
  hold?.on("error", () => {});
  return {
    child,
    output: null,
    readStatus: async (onText) => {
      const chunks: Buffer[] = [];
      for await (const chunk of status) {
        chunks.push(chunk as Buffer);
        onText(Buffer.concat(chunks).toString("utf8"));
      }
      return Buffer.concat(chunks).toString("utf8");
    },
    release: (order) => void hold?.write(order),
    close: () => void hold?.destroy(),
  };
}

/** Lets the caller look at the held launcher; a refusal kills it and is kept to be thrown. */
async function consult(started: Started, request: LaunchRequest, text: string): Promise<Error | null> {
  try {
    await request.beforeExec?.({ child: started.child, sets: new ParsedStatus(text).sets });
    started.release(releaseOrder(request.startAtNs ?? null));
    return null;
  } catch (thrown) {
    started.child.kill(signalNumbers["SIGKILL"] ?? 9);
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

const killLauncher = ({ child }: Started): void => void child.kill(signalNumbers["SIGKILL"] ?? 9);

/** Follows the launcher to its exec; the whole status text. */
async function follow(started: Started, request: LaunchRequest): Promise<string> {
  const abort = (): void => killLauncher(started);
  let consulted: Promise<Error | null> | null = null;
  const onText = (text: string): void => {
    if (consulted === null && request.beforeExec !== null && /^held$/m.test(text))
      consulted = consult(started, request, text);
  };
  request.signal?.addEventListener("abort", abort, { once: true });
  // Nobody heard an abort while the spawn was under way.
  if (request.signal?.aborted) abort();
  try {
    const text = await started.readStatus(onText);
    const refusal = await (consulted as Promise<Error | null> | null);
    if (refusal !== null) {
      await started.child.exit;
      throw refusal;
    }
    return text;
  } finally {
    request.signal?.removeEventListener("abort", abort);
    started.close();
  }
}

/** The whole status text, at once where there is nothing to wait for. */
function finish(started: Started, request: LaunchRequest): string | Promise<string> {
  if (started.output === null || request.beforeExec !== null) return follow(started, request);
  if (request.signal?.aborted) killLauncher(started);
  return started.output;
}

class Launched extends ParsedStatus implements LaunchResult {
  readonly child: ChildHandle;
  readonly joinFallback: boolean;
  readonly joinReason: JoinReason | null;

  constructor(child: ChildHandle, text: string, joinFallback: boolean, joinReason: JoinReason | null) {
    super(text);
    this.child = child;
    this.joinFallback = joinFallback;
    this.joinReason = joinReason;
  }
}

function spawnRequest(request: LaunchRequest, place: string | null, cgroup: string | null): SpawnRequest {
  const file = requireLauncher();
  const { launcherOptions, command, args, env, fds, mode } = request;
  const holdFd = request.beforeExec === null ? null : fds.length + 1;
  const options = launcherArguments(launcherOptions, fds.length, holdFd, place);
  return { file, argv: ["corral-launch", ...options, command, ...args], env, cwd: null, fds, cgroup, mode };
}

async function launchJoined(request: LaunchRequest, reason: JoinReason | null): Promise<LaunchResult> {
  const place = request.cgroup === null ? null : `${request.cgroup}/cgroup.procs`;
  const spawn = spawnRequest(request, place, null);
  // ENOSYS for clone3 as such: only Node's own way of spawning is left.
  const addon = reason === "clone-unsupported" ? null : loadAddon();
  const holds = request.beforeExec !== null;
  const started = addon === null ? await startWithNode(spawn, holds) : await startWithAddon(addon, spawn, holds);
  const text = await finish(started, request);
  return new Launched(started.child, text, place !== null, place === null ? null : reason);
}

// What a kernel without clone3 or CLONE_INTO_CGROUP, or a container's seccomp filter, answers.
const cloneUnsupported = new Set(["ENOSYS", "EOPNOTSUPP", "ENOTSUP", "E2BIG", "EINVAL"]);

/** Why a launcher could not be born in its group, where it may join it all the same. @throws what is no such reason */
function reasonNotBorn(thrown: unknown, cgroup: string): JoinReason {
  const syscall = nativeSyscall(thrown);
  if (syscall === "cgroup.events") return "frozen";
  if (syscall === "open") throw nativeCallError("open", CorralError.from(thrown).cause, cgroup);
  if (cloneUnsupported.has(nativeErrno(thrown) ?? "")) return "clone-unsupported";
  throw thrown;
}

// Few functions deep: each asynchronous one that a start passes through holds the event loop once more.
async function launchBorn(addon: NativeAddon, request: LaunchRequest, cgroup: string): Promise<LaunchResult> {
  let started: Started;
  try {
    started = await startWithAddon(addon, spawnRequest(request, null, cgroup), request.beforeExec !== null);
  } catch (thrown) {
    return launchJoined(request, reasonNotBorn(thrown, cgroup));
  }
  const finished = finish(started, request);
  const text = typeof finished === "string" ? finished : await finished;
  const born = new Launched(started.child, text, false, null);
  if (born.ready || request.signal?.aborted) return born;
  const { signal } = await born.child.exit;
  return signal === signalNumbers["SIGKILL"] ? launchJoined(request, "killed-at-birth") : born;
}

/**
 * Starts a workload through the launcher and resolves once the launcher's status pipe has closed: it has
 * executed the command, or `fail` says why not. In both cases `child.exit` tells the end. The event loop
 * is not held while the launcher works. A group is entered before the first instruction of the workload,
 * or the launch fails with stage `join`: it never runs outside.
 * @throws CorralError NATIVE_MISSING without a launcher, START_FAILED for a text with a NUL, NATIVE_CALL when it cannot be spawned (EAGAIN for
 * a full pids limit, EBUSY for a group that may not hold processes).
 */
export async function launch(request: LaunchRequest): Promise<LaunchResult> {
  request.signal?.throwIfAborted();
  const addon = loadAddon();
  if (request.cgroup === null) return launchPlain(request, addon);
  return addon === null ? launchJoined(request, "no-addon") : launchBorn(addon, request, request.cgroup);
}

async function launchPlain(request: LaunchRequest, addon: NativeAddon | null): Promise<LaunchResult> {
  if (addon === null) return launchJoined(request, "no-addon");
  try {
    return await launchJoined(request, null);
  } catch (thrown) {
    if (nativeErrno(thrown) !== "ENOSYS") throw thrown;
    return launchJoined(request, "clone-unsupported");
  }
}
