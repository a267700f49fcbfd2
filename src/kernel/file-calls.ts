import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errnoOf } from "../report/index.ts";
import { toByteBlock } from "./byte-text.ts";
import { loadAddon } from "./native-addon.ts";
import { errnoName } from "./native-error.ts";

/** What a directory is, whatever its name: the numbers of its file system and its inode, decimal, with a blank between them. */
export type DirectoryIdentity = string;

/**
 * One short operation on a control file, a directory or a link of /proc.
 * - `read`: the file whole, 64 KiB at most (EFBIG)
 * - `write`: in one write(2), with O_NONBLOCK
 * - `make`: a directory; answers its identity
 * - `remove`: an empty directory, if it is this one; another, or none, is passed over
 * - `link`: where a link points to
 * - `changed`: `1` when a file of /proc that tells of changes has done so since this was asked before, else `0`; `path` is the number of its
 *   descriptor. Without the addon always `1`
 * - `create`: a file that was not there, 0640, with all of its text
 * - `move`: gives a file another name, over what has it; `add`: the same, but EEXIST when there is one
 * - `identify`: the identity of what is there
 */
export type FileCall =
  | { readonly call: "read" | "make" | "link" | "identify" | "changed"; readonly path: string; readonly chained?: true }
  | {
      readonly call: "write" | "create";
      readonly path: string;
      readonly value: string;
      readonly chained?: true;
    }
  | { readonly call: "move" | "add"; readonly path: string; readonly to: string; readonly chained?: true }
  | {
      readonly call: "remove";
      readonly path: string;
      readonly identity: DirectoryIdentity;
      readonly chained?: true;
    };

/** What a call came to: its text, empty for one that has none, or the name of an errno. */
export type FileAnswer = { readonly text: string } | { readonly errno: string };

const letters: Readonly<Record<FileCall["call"], string>> = {
  read: "r",
  write: "w",
  make: "m",
  remove: "d",
  link: "l",
  create: "c",
  move: "v",
  add: "n",
  changed: "p",
  identify: "i",
};

function argumentOf(call: FileCall): string {
  if ("value" in call) return call.value;
  if ("to" in call) return call.to;
  return "identity" in call ? call.identity : "";
}

const letterOf = ({ call, chained }: FileCall): string =>
  chained === true ? letters[call].toUpperCase() : letters[call];

const failed = (errno: number): FileAnswer => ({ errno: errnoName(errno) ?? String(errno) });

/**
 * Performs them one after the other, in one step into C where there is the addon: on a way that is seldom taken each step costs
 * more than the kernel's work. One that is `chained` is left out when the one before it failed, and answers its errno.
 */
export function doFileCalls(calls: readonly FileCall[]): readonly FileAnswer[] {
  const addon = loadAddon();
  if (addon === null) return doEach(calls);
  const words: string[] = [];
  for (const call of calls) words.push(letterOf(call) + call.path, argumentOf(call));
  return addon
    .fileCalls(toByteBlock(words))
    .map((result) => (typeof result === "string" ? { text: result } : result < 0 ? failed(-result) : { text: "" }));
}

function doEach(calls: readonly FileCall[]): FileAnswer[] {
  const answers: FileAnswer[] = [];
  let last: FileAnswer = { text: "" };
  for (const call of calls) {
    if (call.chained !== true || !("errno" in last)) last = doOne(call);
    answers.push(last);
  }
  return answers;
}

function doOne(call: FileCall): FileAnswer {
  try {
    return { text: perform(call) };
  } catch (thrown) {
    return { errno: errnoOf(thrown) ?? "EIO" };
  }
}

const identityOf = (path: string): DirectoryIdentity => {
  const { dev, ino } = statSync(path);
  return `${dev} ${ino}`;
};

function perform(call: FileCall): string {
  switch (call.call) {
    case "read":
      return readFileSync(call.path, "utf8");
    case "link":
      return readlinkSync(call.path);
    case "identify":
      return identityOf(call.path);
    case "changed":
      return "1";
    case "make":
      mkdirSync(call.path);
      return identityOf(call.path);
    case "write":
      writeOnce(call.path, call.value);
      return "";
    case "create":
      createWhole(call.path, call.value);
      return "";
    case "move":
      renameSync(call.path, call.to);
      return "";
    case "add":
      linkSync(call.path, call.to);
      unlinkSync(call.path);
      return "";
    case "remove":
      if (statSync(call.path, { throwIfNoEntry: false }) !== undefined && identityOf(call.path) === call.identity)
        rmdirSync(call.path);
      return "";
  }
}

/** A short write is continued, so that a full disk is an error and not a cut file. */
function createWhole(path: string, text: string): void {
  const fd = openSync(path, "wx", 0o640);
  try {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (cause) {
    unlinkSync(path);
    throw cause;
  } finally {
    closeSync(fd);
  }
}

function writeOnce(path: string, value: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, value);
  } finally {
    closeSync(fd);
  }
}
