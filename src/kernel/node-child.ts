import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { CorralError } from "../report/index.ts";
import { hasRawBytes } from "./byte-text.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { signalNumbers } from "./constants.ts";
import type { ExitInfo } from "./exit-info.ts";
import { nativeCallError } from "./native-error.ts";
import { refuseNul } from "./refuse-nul.ts";

/** In place of a descriptor: a pipe whose other end is ours. */
export const pipeFd = "pipe";

/** A child and our end of each `pipeFd`, by descriptor number. */
export interface NodeSpawn {
  readonly child: ChildHandle;
  readonly streams: ReadonlyArray<Readable | Writable | null | undefined>;
}

function toEnvironment(env: readonly string[]): Record<string, string> {
  const pairs = env.map((entry) => {
    const split = entry.indexOf("=");
    return split < 0 ? [entry, ""] : [entry.slice(0, split), entry.slice(split + 1)];
  });
  return Object.fromEntries(pairs);
}

function toExitInfo(code: number | null, signal: string | null): ExitInfo {
  return { code, signal: signal === null ? null : (signalNumbers[signal] ?? null), coreDumped: null, usage: null };
}

function toHandle(child: ChildProcess, pid: number): ChildHandle {
  const exit = new Promise<ExitInfo>((resolve) => {
    child.once("exit", (code, signal) => resolve(toExitInfo(code, signal)));
  });
  return {
    pid,
    pidfd: null,
    exit,
    onEnd: (tell) => void exit.then(() => tell(true)),
    kill(signal) {
      try {
        return child.kill(signal);
      } catch (thrown) {
        throw nativeCallError("kill", thrown, `pid ${pid}`);
      }
    },
    ref: () => child.ref(),
    unref: () => child.unref(),
    release: () => child.unref(),
  };
}

/**
 * The way without the addon: node:child_process, loaded only here. Differences that remain: no pidfd, no
 * resource usage, no core flag, no group at birth, and a descriptor 0–2 given as -1 is /dev/null.
 * @throws CorralError NATIVE_MISSING when a group is asked for, NATIVE_CALL when the spawn fails.
 */
export async function spawnWithNode(
  request: Omit<SpawnRequest, "fds"> & { readonly fds: ReadonlyArray<number | typeof pipeFd> },
): Promise<NodeSpawn> {
  const { file, argv, env, cwd, fds, cgroup } = request;
  if (cgroup !== null)
    throw new CorralError("NATIVE_MISSING", "without the native addon no process can be born in a group", {
      object: file,
      fix: "join the group through its cgroup.procs file instead",
    });
  refuseNul([file, cwd ?? "", ...argv, ...env]);
  const raw = [file, ...argv, ...env].find(hasRawBytes);
  if (raw !== undefined)
    throw new CorralError("NATIVE_MISSING", "without the native addon arguments and environment must be UTF-8", {
      object: raw,
      fix: "install the prebuilt addon, or rename what is not UTF-8",
    });
  const { spawn } = await import("node:child_process");
  const child = spawn(file.includes("/") ? file : `./${file}`, argv.slice(1), {
    argv0: argv[0] ?? file,
    env: toEnvironment(env),
    stdio: fds.map((fd) => (fd === -1 ? "ignore" : fd)),
    ...(cwd === null ? {} : { cwd }),
  });
  const { pid } = child;
  if (pid === undefined) {
    const [thrown] = await new Promise<unknown[]>((resolve) => child.once("error", (error) => resolve([error])));
    throw nativeCallError("spawn", thrown, file);
  }
  // Later errors concern kill(), which reports its own.
  child.on("error", () => {});
  return { child: toHandle(child, pid), streams: child.stdio };
}
