import { accessSync, constants, existsSync, fstatSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { moveAside, readBeginning } from "../../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { RecordFormat } from "./record-format.ts";
import { sidecarOf } from "./record-format.ts";

/** An opened place for records. */
export interface RecordPlace {
  readonly fd: number;
  /** The file without symbolic links, or the path as it was named. */
  readonly path: string;
  /** Whether it is a file that can be moved away and can have a sidecar; else a pipe or a device. */
  readonly isFile: boolean;
  /** Whether it was opened here, and is to be closed here; else a descriptor that we were started with. */
  readonly isOpened: boolean;
  /** Where the records of an earlier run that were here are now. */
  readonly movedTo: string | null;
}

const fileMode = 0o640;
/** Longer than the beginning that tells whose file it is. */
const beginningBytes = 256;

export const unwritable = (path: string, cause: unknown): CorralError =>
  new CorralError(
    "RECORDS_UNWRITABLE",
    `cannot write records to ${quote(path, 300)}: ${errnoOf(cause) ?? String(cause)}`,
    {
      object: path,
      cause,
      fix:
        errnoOf(cause) === "ENXIO"
          ? "start the reader of the pipe first"
          : "choose a file in a directory you can write to, on a file system with room",
    },
  );

/** The file behind symbolic links; one that does not exist yet is named by its directory. */
function withoutLinks(named: string): string {
  const path = resolve(named);
  try {
    return realpathSync(path);
  } catch (thrown) {
    if (errnoOf(thrown) !== "ENOENT") throw thrown;
    return join(realpathSync(dirname(path)), basename(path));
  }
}

function refuseForeign(path: string, format: RecordFormat): void {
  const beginning = existsSync(path) ? (readBeginning(path, beginningBytes) ?? "") : "";
  if (beginning !== "" && !format.isOurs(beginning))
    throw new CorralError("RECORDS_FOREIGN", `${quote(path, 300)} holds something else than records of policies`, {
      object: path,
      found: quote(beginning.split("\n", 1)[0] ?? ""),
      fix: "name another file, or move this one away",
    });
}

/** The descriptor that a path stands for: opening a socket again fails (ENXIO), writing to it does not. */
function descriptorOf(path: string): number | null {
  const found = /^\/dev\/(?:std(out|err)|fd\/(\d+))$/.exec(path);
  if (found === null) return null;
  return found[2] === undefined ? (found[1] === "out" ? 1 : 2) : Number(found[2]);
}

/** Below these, what looks like a file is a descriptor of somebody. */
const isDevice = (path: string): boolean => /^\/(dev|proc)\//.test(path) && !path.startsWith("/dev/shm/");

/** Pipes are opened without waiting for their reader, and written without waiting for it. */
const streamFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

function open(named: string, format: RecordFormat): RecordPlace {
  const stream = { path: named, isFile: false, isOpened: true, movedTo: null };
  const descriptor = descriptorOf(resolve(named));
  if (descriptor !== null) {
    fstatSync(descriptor);
    return { ...stream, fd: descriptor, isOpened: false };
  }
  if (isDevice(resolve(named))) return { ...stream, fd: openSync(named, streamFlags) };
  const path = withoutLinks(named);
  const beginning = existsSync(path) ? readBeginning(path, beginningBytes) : "";
  if (beginning === null) return { ...stream, fd: openSync(path, streamFlags), path };
  refuseForeign(path, format);
  const movedTo = beginning === "" ? null : moveAside(path, sidecarOf);
  // An empty file is nobody's records: it is filled as it stands.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  return {
    fd: openSync(path, movedTo === null ? flags : flags | constants.O_EXCL, fileMode),
    path,
    isFile: true,
    isOpened: true,
    movedTo,
  };
}

function check(named: string, format: RecordFormat): void {
  const descriptor = descriptorOf(resolve(named));
  if (descriptor !== null) fstatSync(descriptor);
  else if (isDevice(resolve(named))) accessSync(named, constants.W_OK);
  else {
    const path = withoutLinks(named);
    accessSync(dirname(path), constants.W_OK);
    refuseForeign(path, format);
  }
}

const typed = <T>(named: string, work: () => T): T => {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof CorralError ? thrown : unwritable(named, thrown);
  }
};

/**
 * Whether records could be written there; changes nothing.
 * @throws CorralError RECORDS_FOREIGN, RECORDS_UNWRITABLE
 */
export const checkPlace = (named: string, format: RecordFormat): void => typed(named, () => check(named, format));

/**
 * Opens a place for the records of one run. A file of records that is there already is moved away, anything else in a file
 * is left alone.
 * @throws CorralError RECORDS_FOREIGN, RECORDS_UNWRITABLE
 */
export const openPlace = (named: string, format: RecordFormat): RecordPlace => typed(named, () => open(named, format));
