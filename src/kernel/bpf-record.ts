import { decodeSlice } from "./byte-text.ts";

/** What every record of the BPF programs has; of a process, never of one of its threads. */
interface RecordBase {
  /** CLOCK_MONOTONIC of the event, as `process.hrtime.bigint()` counts. */
  readonly timestampNs: bigint;
  /** Start of the process, as in `ProcessStat`. */
  readonly startTicks: number;
  /** Inode number of its cgroup v2 directory. */
  readonly cgroupId: bigint;
  readonly tgid: number;
  readonly ppid: number;
  /** Real user id. */
  readonly uid: number;
}

/** A new process, before it runs. */
export interface BpfFork extends RecordBase {
  readonly kind: "fork";
}

/** The process executed a program. Strings are untrusted (byte-text.ts). */
export interface BpfExec extends RecordBase {
  readonly kind: "exec";
  readonly comm: string;
  /** As it was given to execve(2); at most 255 bytes. */
  readonly filename: string;
  /** The file that runs, of a script its interpreter, as /proc/PID/exe has it; null when the walk to it could not be ended. */
  readonly exe: string | null;
  /** At most 512 bytes; null when they could not be read. */
  readonly argv: readonly string[] | null;
  readonly argvTruncated: boolean;
}

/** The process ended with all its threads. */
export interface BpfExit extends RecordBase {
  readonly kind: "exit";
  /** In the form of wait(2). */
  readonly status: number;
}

/** A call of open(2) and its like has returned. */
export interface BpfOpen extends RecordBase {
  readonly kind: "open";
  readonly comm: string;
  /** At most 255 bytes; empty when the process gave an address that cannot be read. */
  readonly path: string;
  readonly flags: number;
  /** Descriptor or negative errno. */
  readonly result: number;
}

/** A bash has read a line. */
export interface BpfReadline extends RecordBase {
  readonly kind: "readline";
  readonly comm: string;
  readonly text: string;
  readonly truncated: boolean;
}

export type BpfRecord = BpfFork | BpfExec | BpfExit | BpfOpen | BpfReadline;

/** Where the fields are: `struct …` of native/bpf/record.h, by the names there. */
export const bpfLayout = {
  "record_header.timestamp_ns": 0,
  "record_header.start_ticks": 8,
  "record_header.cgroup_id": 16,
  "record_header.kind": 24,
  "record_header.tgid": 28,
  "record_header.ppid": 32,
  "record_header.uid": 36,
  "record_header.comm": 40,
  record_header: 56,
  "exit_record.status": 56,
  exit_record: 64,
  "exec_record.path_bytes": 56,
  "exec_record.argv_bytes": 58,
  "exec_record.exe_bytes": 60,
  "exec_record.cut": 62,
  "exec_record.text": 64,
  "open_record.result": 56,
  "open_record.flags": 60,
  "open_record.path_bytes": 64,
  "open_record.cut": 68,
  "open_record.text": 72,
  "readline_record.path_bytes": 56,
  "readline_record.cut": 60,
  "readline_record.text": 64,
  "shared_state.lost": 0,
  "shared_state.quiet": 48,
  "shared_state.urgent": 52,
  shared_state: 56,
} as const;

const at = bpfLayout;
const kinds = { fork: 1, exec: 2, exit: 3, open: 4, readline: 5 } as const;
const commBytes = 16;
const cutPath = 1;
const cutArgv = 2;

/** The same memory in the units of its fields; records begin at multiples of 8. */
export interface RecordViews {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly longs: BigUint64Array;
}

/** @param memory from `from` on, both multiples of 8 */
export function viewRecords(memory: ArrayBuffer, from: number): RecordViews {
  return {
    bytes: Buffer.from(memory, from),
    words: new Uint32Array(memory, from),
    longs: new BigUint64Array(memory, from),
  };
}

/** Text up to the first NUL, or to `to`. */
function textOf(bytes: Buffer, from: number, to: number): string {
  const end = bytes.indexOf(0, from);
  return decodeSlice(bytes, from, end < 0 || end > to ? to : end);
}

function commOf(bytes: Buffer, from: number): string {
  let end = from;
  while (end < from + commBytes && bytes[end] !== 0) end += 1;
  return decodeSlice(bytes, from, end);
}

function argvOf(bytes: Buffer, from: number, length: number, cut: boolean): readonly string[] | null {
  if (length === 0) return cut ? null : [];
  const ended = bytes[from + length - 1] === 0;
  const text = decodeSlice(bytes, from, from + length - (ended ? 1 : 0));
  // The beginning of a character that was cut in two.
  return (cut ? text.replace(/[\udc80-\udcff]{1,3}$/, "") : text).split("\0");
}

/** The group id of the record before: most are of the same, and a bigint is an object. */
let lastGroup = { low: 0, high: 0, id: 0n };

function groupOf({ words, longs }: RecordViews, from: number): bigint {
  const at8 = (from + at["record_header.cgroup_id"]) / 8;
  const [low, high] = [words[at8 * 2] ?? 0, words[at8 * 2 + 1] ?? 0];
  if (low !== lastGroup.low || high !== lastGroup.high) lastGroup = { low, high, id: longs[at8] ?? 0n };
  return lastGroup.id;
}

function execOf(views: RecordViews, from: number, head: Head): BpfExec {
  const { bytes, words } = views;
  const lengths = words[(from + at["exec_record.path_bytes"]) / 4] ?? 0;
  // The one after the other, as the lengths are.
  const exeAndCut = words[(from + at["exec_record.exe_bytes"]) / 4] ?? 0;
  const pathBytes = lengths & 0xffff;
  const text = from + at["exec_record.text"];
  const argvBytes = lengths >>> 16;
  const exeBytes = exeAndCut & 0xffff;
  const argvTruncated = ((exeAndCut >>> 16) & cutArgv) !== 0;
  const { timestampNs, startTicks, cgroupId, tgid, ppid, uid } = head;
  const comm = commOf(bytes, from + at["record_header.comm"]);
  const filename = decodeSlice(bytes, text, text + Math.max(pathBytes - 1, 0));
  const argv = argvOf(bytes, text + pathBytes, argvBytes, argvTruncated);
  const exeFrom = text + pathBytes + argvBytes;
  const exe = exeBytes === 0 ? null : decodeSlice(bytes, exeFrom, exeFrom + exeBytes);
  return { kind: "exec", timestampNs, startTicks, cgroupId, tgid, ppid, uid, comm, filename, exe, argv, argvTruncated };
}

function openOf({ bytes, words }: RecordViews, from: number, head: Head): BpfOpen {
  const { timestampNs, startTicks, cgroupId, tgid, ppid, uid } = head;
  const begin = from + at["open_record.text"];
  const path = textOf(bytes, begin, begin + (words[(from + at["open_record.path_bytes"]) / 4] ?? 0));
  const flags = words[(from + at["open_record.flags"]) / 4] ?? 0;
  const result = (words[(from + at["open_record.result"]) / 4] ?? 0) | 0;
  const comm = commOf(bytes, from + at["record_header.comm"]);
  return { kind: "open", timestampNs, startTicks, cgroupId, tgid, ppid, uid, comm, path, flags, result };
}

function readlineOf({ bytes, words }: RecordViews, from: number, head: Head): BpfReadline {
  const { timestampNs, startTicks, cgroupId, tgid, ppid, uid } = head;
  const begin = from + at["readline_record.text"];
  const text = textOf(bytes, begin, begin + (words[(from + at["readline_record.path_bytes"]) / 4] ?? 0));
  const truncated = ((words[(from + at["readline_record.cut"]) / 4] ?? 0) & cutPath) !== 0;
  const comm = commOf(bytes, from + at["record_header.comm"]);
  return { kind: "readline", timestampNs, startTicks, cgroupId, tgid, ppid, uid, comm, text, truncated };
}

type Head = Omit<BpfFork, "kind">;

/**
 * Decodes the record at `from`, a multiple of 8; null for a kind that this version does not know. Objects are written out
 * member by member: that is five times as fast as to spread them.
 */
export function decodeBpfRecord(views: RecordViews, from: number): BpfRecord | null {
  const { words, longs } = views;
  const word = from / 4;
  const timestampNs = longs[from / 8] ?? 0n;
  const ticks = word + at["record_header.start_ticks"] / 4;
  const startTicks = (words[ticks] ?? 0) + (words[ticks + 1] ?? 0) * 2 ** 32;
  const cgroupId = groupOf(views, from);
  const tgid = words[word + at["record_header.tgid"] / 4] ?? 0;
  const ppid = words[word + at["record_header.ppid"] / 4] ?? 0;
  const uid = words[word + at["record_header.uid"] / 4] ?? 0;
  switch (words[word + at["record_header.kind"] / 4]) {
    case kinds.fork:
      return { kind: "fork", timestampNs, startTicks, cgroupId, tgid, ppid, uid };
    case kinds.exec:
      return execOf(views, from, { timestampNs, startTicks, cgroupId, tgid, ppid, uid });
    case kinds.exit: {
      const status = words[word + at["exit_record.status"] / 4] ?? 0;
      return { kind: "exit", timestampNs, startTicks, cgroupId, tgid, ppid, uid, status };
    }
    case kinds.open:
      return openOf(views, from, { timestampNs, startTicks, cgroupId, tgid, ppid, uid });
    case kinds.readline:
      return readlineOf(views, from, { timestampNs, startTicks, cgroupId, tgid, ppid, uid });
    default:
      return null;
  }
}
