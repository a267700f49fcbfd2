import {
  closeSync,
  fchmodSync,
  fsync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { doFileCalls } from "../file-calls.ts";
import { unlinkIfThere } from "./unlink.ts";

/** Writes all of it; a short write is continued, so that a full disk is an error and not a cut file. */
function writeAll(fd: number, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** A name nobody can have prepared, to be created exclusively: the directory may be one that others write to. */
const temporaryName = (path: string): string => `${path}.${process.pid}.${process.hrtime.bigint().toString(36)}.tmp`;

/** On the disk. @param mode set whatever the umask is; null: 0640, as the umask allows */
function writeTemporary(path: string, content: string | Uint8Array, mode: number | null = null): string {
  const temporary = temporaryName(path);
  const fd = openSync(temporary, "wx", 0o640);
  try {
    if (mode !== null) fchmodSync(fd, mode);
    writeAll(fd, content);
    fsyncSync(fd);
  } catch (cause) {
    unlinkSync(temporary);
    throw cause;
  } finally {
    closeSync(fd);
  }
  return temporary;
}

/**
 * Replaces a file in one step: readers see the old text or the new. Not synced: meant for files that
 * matter only until the next boot.
 */
export function replaceFile(path: string, text: string): void {
  putInPlace(path, text, "move");
}

/** Written under another name first. @param how over what is there, or only where nothing is */
function putInPlace(path: string, text: string, how: "move" | "add"): void {
  const temporary = temporaryName(path);
  const [created, placed] = doFileCalls([
    { call: "create", path: temporary, value: text },
    { call: how, path: temporary, to: path, chained: true },
  ]);
  if (placed === undefined || !("errno" in placed)) return;
  if (created !== undefined && !("errno" in created)) unlinkIfThere(temporary);
  throw Object.assign(new Error(`${placed.errno}: cannot write ${path}`), { code: placed.errno });
}

/** As `replaceFile`, on a thread of libuv's pool: the event loop does not wait for the file system. */
export async function replaceFileAside(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  const file = await open(temporary, "wx", 0o640);
  try {
    try {
      await file.writeFile(text, "utf8");
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary);
    throw cause;
  }
}

function moveInto(path: string, temporary: string): void {
  try {
    renameSync(temporary, path);
  } catch (cause) {
    unlinkSync(temporary);
    throw cause;
  }
}

/** Creates a file in one step, whole; fails with EEXIST when it is there already. Not synced. */
export function createFile(path: string, text: string): void {
  putInPlace(path, text, "add");
}

function linkInto(path: string, temporary: string): void {
  try {
    linkSync(temporary, path);
  } finally {
    unlinkSync(temporary);
  }
}

/** Creates a file whose text survives a crash of the machine, and fails with EEXIST rather than change one that is there. */
export function createDurableFile(path: string, text: string): void {
  linkInto(path, writeTemporary(path, text));
  syncDirectory(dirname(path));
}

/**
 * As `createDurableFile`, but the file is there at once, and its way to the disk is that of a thread of libuv's pool. Until
 * then a crash of the machine may leave an empty file; a disk that takes no more is not told.
 */
export function createFileSyncedAside(path: string, text: string): void {
  createFile(path, text);
  // Not before whoever waits for the file has been told.
  setImmediate(() => syncAside(path));
}

function syncAside(path: string): void {
  for (const one of [path, dirname(path)]) {
    try {
      const fd = openSync(one, "r");
      fsync(fd, () => closeSync(fd));
    } catch {
      // Somebody removed it.
    }
  }
}

/**
 * Replaces a file durably: the way a report reaches the path its user named.
 * @param mode set whatever the umask is; null: 0640, as the umask allows
 */
export function replaceDurableFile(path: string, content: string | Uint8Array, mode: number | null = null): void {
  moveInto(path, writeTemporary(path, content, mode));
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
