import { chmodSync, chownSync, lstatSync, unlinkSync } from "node:fs";
import path from "node:path";
import { CorralError, errnoOf } from "../report/index.ts";
import { toByteString } from "./byte-text.ts";
import { ensureDirectory, tryLock, unlinkIfThere } from "./files/index.ts";
import type { NativeAddon } from "./native-addon.ts";
import { requireAddon } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";
import type { SocketType } from "./native-sockets.ts";
import { once } from "./once.ts";

/** A socket of unix(7) below the file system that nobody else serves. */
export interface OwnedSocket {
  readonly path: string;
  /** Bound, close-on-exec, non-blocking; not listening yet. */
  readonly fd: number;
  /** Closes it, removes its file if that is still ours, and gives the lock back. Idempotent. */
  close(): void;
}

export interface OwnedSocketRequest {
  readonly type: SocketType;
  /** Absolute. Missing directories are made, owned by us, 0750. */
  readonly path: string;
  /** Group that may connect: the socket and the directories made here become its, and the socket 0660; null: our user only, 0600. */
  readonly gid: number | null;
}

// sun_path of unix(7) ends with a NUL.
const maxPathBytes = 107;
/** Rivals that break the same dead lock meet again at most so often. */
const maxLockAttempts = 100;

const failed = (path: string, why: string, fix: string, cause?: unknown): CorralError =>
  new CorralError("LISTEN_FAILED", `cannot serve ${path}: ${why}`, { object: path, found: why, fix, cause });

/** @param pid of the owner; null: not known */
const inUse = (path: string, pid: number | null): CorralError =>
  new CorralError("SOCKET_IN_USE", `another process${pid === null ? "" : ` (pid ${pid})`} serves ${path} already`, {
    object: path,
    found: pid === null ? "a living owner" : `pid ${pid}`,
    fix: "end it first, or choose another path",
  });

function makeDirectory(socketPath: string, gid: number | null): void {
  const directory = path.dirname(socketPath);
  try {
    ensureDirectory(directory, gid);
  } catch (thrown) {
    const why = `${errnoOf(thrown) ?? String(thrown)} for the directory ${directory}`;
    throw failed(socketPath, why, "choose a path in a directory that this user may write", thrown);
  }
}

/** Makes us the one who may serve this path, until the answer is called. */
function lock(socketPath: string): () => void {
  const file = `${socketPath}.lock`;
  try {
    for (let attempt = 0; attempt < maxLockAttempts; attempt += 1) {
      const got = tryLock(file);
      if (got === "ours") return () => unlinkIfThere(file);
      if (got !== "try again") throw inUse(socketPath, got.holder.pid);
    }
  } catch (thrown) {
    const error = CorralError.from(thrown);
    if (error.code === "SOCKET_IN_USE") throw error;
    const why = `${errnoOf(error.cause) ?? error.message} for its lock ${file}`;
    throw failed(socketPath, why, "choose a path in a directory of your own", thrown);
  }
  throw failed(socketPath, `others keep taking its lock ${file}`, "choose another path");
}

/** Removes what a dead owner left behind. Never a living foreign socket, and never what is no socket. */
function clearTheName(addon: NativeAddon, type: SocketType, socketPath: string): void {
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw failed(socketPath, "it exists and is no socket", "remove it, or choose another path");
  try {
    addon.unixProbe(type, toByteString(socketPath));
  } catch (thrown) {
    // Only this says that no socket is behind the name any more: EPROTOTYPE is a living one of another type.
    if (nativeErrno(thrown) !== "ECONNREFUSED") throw inUse(socketPath, null);
    unlinkSync(socketPath);
    return;
  }
  throw inUse(socketPath, null);
}

function removeOwn(socketPath: string, inode: bigint): void {
  try {
    if (lstatSync(socketPath, { bigint: true }).ino === inode) unlinkSync(socketPath);
  } catch {
    // Gone, or no longer ours to remove.
  }
}

function bindThere(addon: NativeAddon, { type, path: socketPath, gid }: OwnedSocketRequest): OwnedSocket {
  const unlock = lock(socketPath);
  let fd = -1;
  try {
    clearTheName(addon, type, socketPath);
    fd = addon.unixBind(type, toByteString(socketPath), 0o600);
    const { ino } = lstatSync(socketPath, { bigint: true });
    if (gid !== null) {
      chownSync(socketPath, process.geteuid?.() ?? 0, gid);
      chmodSync(socketPath, 0o660);
    }
    const close = once(() => {
      removeOwn(socketPath, ino);
      addon.close(fd);
      unlock();
    });
    return { path: socketPath, fd, close };
  } catch (thrown) {
    if (fd !== -1) addon.close(fd);
    unlock();
    if (thrown instanceof CorralError && thrown.code !== "NATIVE_CALL") throw thrown;
    const errno = nativeErrno(thrown) ?? String(thrown);
    throw failed(socketPath, errno, "choose a path in a directory that this user may write", thrown);
  }
}

/**
 * Binds a socket at a path, alone: a lock beside it (`PATH.lock`) and a look at who answers there keep two owners apart. The
 * file of a dead owner is replaced, that of a living one never.
 * @throws CorralError SOCKET_IN_USE when somebody living serves it, LISTEN_FAILED for whatever else is in the way,
 *   NATIVE_MISSING without the addon
 */
export function bindOwnedSocket(request: OwnedSocketRequest): OwnedSocket {
  const addon = requireAddon();
  const { path: socketPath, gid } = request;
  if (!path.isAbsolute(socketPath)) throw failed(socketPath, "it is not absolute", "give an absolute path");
  if (Buffer.byteLength(socketPath) > maxPathBytes)
    throw failed(socketPath, `it is longer than ${maxPathBytes} bytes`, "choose a shorter path (unix(7))");
  makeDirectory(socketPath, gid);
  return bindThere(addon, request);
}
