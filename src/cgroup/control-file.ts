import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { doFileCalls, loadAddon, nativeErrno } from "../kernel/index.ts";
import { CorralError, quote } from "../report/index.ts";

const errnoMeaning: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the cgroup mount is read-only",
  ENOENT: "this kernel or group has no such control file",
  EINVAL: "the kernel refused the value",
  ERANGE: "the value is out of range for this host",
  EBUSY: "the group is in use in a way that forbids it",
  ENOSPC: "a required sibling setting is empty",
  ENODEV: "no such device, or not a whole disk",
  EOPNOTSUPP: "this kernel does not support it here",
  EAGAIN: "the kernel could not do it without waiting",
};

/** What an errno means when it comes from a cgroup file, for people. */
export function explainErrno(errno: string | null): string {
  if (errno === null) return "unknown error";
  const meaning = errnoMeaning[errno];
  return meaning === undefined ? errno : `${meaning} (${errno})`;
}

/**
 * Reads a control file whole.
 * @throws CorralError CGROUP_IO naming the path
 */
export function readControl(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw controlError("read", path, cause);
  }
}

/** Reads a control file, or null when it is absent or unreadable. */
export function tryReadControl(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Reads several at once, by their paths; what is absent or unreadable is not in the answer. */
export function readControls(paths: readonly string[]): ReadonlyMap<string, string> {
  const answers = doFileCalls(paths.map((path) => ({ call: "read", path })));
  const texts = new Map<string, string>();
  for (const [index, answer] of answers.entries()) if ("text" in answer) texts.set(paths[index] ?? "", answer.text);
  return texts;
}

/**
 * Writes a control file in one write(2), with O_NONBLOCK so that kernels that support it do not make
 * the caller reclaim memory (mm/memcontrol.c, memory_max_write).
 * @throws CorralError CGROUP_IO naming path, value and errno
 */
export function writeControl(path: string, value: string): void {
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(fd, value);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw controlError(`write ${quote(value)} to`, path, cause);
  }
}

async function writeInPool(path: string, value: string, flags: number): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.write(value);
  } finally {
    await file.close();
  }
}

/**
 * The same on a thread of its own, so that one that hangs holds up nothing; without the addon on one of the four of libuv's pool.
 * @param reclaims without O_NONBLOCK: a write that is to reclaim memory before it returns
 * @throws CorralError CGROUP_IO naming path, value and errno
 */
export async function writeControlAside(path: string, value: string, reclaims = true): Promise<void> {
  try {
    const flags = reclaims ? constants.O_WRONLY : constants.O_WRONLY | constants.O_NONBLOCK;
    const addon = loadAddon();
    await (addon === null ? writeInPool(path, value, flags) : addon.writeAside(path, value, flags));
  } catch (cause) {
    throw controlError(`write ${quote(value)} to`, path, cause);
  }
}

function controlError(action: string, path: string, cause: unknown): CorralError {
  const errno = nativeErrno(cause);
  return new CorralError("CGROUP_IO", `cannot ${action} ${path}: ${explainErrno(errno)}`, {
    object: path,
    ...(errno === null ? {} : { found: errno }),
    cause,
  });
}
