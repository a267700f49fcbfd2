import { decodeBytes } from "./byte-text.ts";

/** What every record of the proc connector has; only whole processes are told, not their other threads. */
interface RecordBase {
  readonly tgid: number;
  /** CLOCK_MONOTONIC of the event, as `process.hrtime.bigint()` counts. */
  readonly timestampNs: bigint;
}

/** A new process, before it runs. */
export interface ConnectorFork extends RecordBase {
  readonly kind: "fork";
  /** Its parent and which of the parent's threads; the grandparent after CLONE_PARENT. */
  readonly parentTgid: number;
  readonly parentTid: number;
}

/** The process executed a program. */
export interface ConnectorExec extends RecordBase {
  readonly kind: "exec";
}

/** The process's main thread took another name (prctl(2), PR_SET_NAME); an exec is not told so. */
export interface ConnectorRename extends RecordBase {
  readonly kind: "comm";
  /** At most 15 bytes, untrusted (byte-text.ts). */
  readonly comm: string;
}

/**
 * The leader of the process ended. The process ends with it unless other threads go on, or one of them executes a
 * program and takes the leader's place.
 */
export interface ConnectorExit extends RecordBase {
  readonly kind: "exit";
  /** In the form of wait(2). */
  readonly status: number;
  /** Signal to the parent, 17 (SIGCHLD) as a rule. */
  readonly exitSignal: number;
  /** 0 before Linux 4.18. */
  readonly parentTgid: number;
}

/** The kernel's answer to a request; `errno` is 0 when it was granted. */
export interface ConnectorAck {
  readonly kind: "ack";
  readonly ack: number;
  readonly errno: number;
}

export type ConnectorRecord = ConnectorFork | ConnectorExec | ConnectorRename | ConnectorExit | ConnectorAck;

/** Size of `struct record` in native/addon/proc-connector.c. */
export const recordBytes = 56;

const whats = { ack: 0, fork: 1, exec: 2, comm: 0x200, exit: 0x8000_0000 } as const;

/** Decodes the record at `at`; null for a kind that this version does not know. */
export function decodeRecord(buffer: Buffer, at: number): ConnectorRecord | null {
  const timestampNs = buffer.readBigUInt64LE(at);
  const tgid = buffer.readInt32LE(at + 16);
  switch (buffer.readUInt32LE(at + 8)) {
    case whats.ack:
      return { kind: "ack", ack: buffer.readUInt32LE(at + 12), errno: buffer.readUInt32LE(at + 28) };
    case whats.fork: {
      const [parentTid, parentTgid] = [buffer.readInt32LE(at + 20), buffer.readInt32LE(at + 24)];
      return { kind: "fork", tgid, timestampNs, parentTgid, parentTid };
    }
    case whats.exec:
      return { kind: "exec", tgid, timestampNs };
    case whats.comm: {
      const field = buffer.subarray(at + 40, at + recordBytes);
      const end = field.indexOf(0);
      return { kind: "comm", tgid, timestampNs, comm: decodeBytes(end < 0 ? field : field.subarray(0, end)) };
    }
    case whats.exit: {
      const [parentTgid, status] = [buffer.readInt32LE(at + 24), buffer.readUInt32LE(at + 28)];
      return { kind: "exit", tgid, timestampNs, status, exitSignal: buffer.readUInt32LE(at + 32), parentTgid };
    }
    default:
      return null;
  }
}
