import type { AckStats, ArenaConfig } from "../../model/index.ts";
import { FieldReader, statsOrder } from "./fields.ts";

/** Sizes of the two datagrams of the original protocol; structs of the host's byte order without padding (docs/protocol.md). */
export const legacyBytes = { enroll: 56, ack: 144 } as const;

const types = { enroll: 1, ack: 2 } as const;
const nameBytes = 32;
const nameAt = 8;

export type LegacyMessage =
  | { readonly kind: "enroll"; readonly pid: number; readonly name: string; readonly arena: ArenaConfig }
  | {
      readonly kind: "ack";
      readonly pid: number;
      readonly name: string;
      /** CLOCK_MONOTONIC of the workload when it sent this, as it states. */
      readonly eventNs: bigint;
      readonly stats: AckStats;
    };

/** Up to its NUL, or all of it: the original server trusted that there is one. What is no UTF-8 becomes U+FFFD. */
function readName(bytes: Buffer): string {
  const field = bytes.subarray(nameAt, nameAt + nameBytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? nameBytes : end);
}

function readEnroll(bytes: Buffer): LegacyMessage {
  const reader = new FieldReader(bytes.subarray(nameAt + nameBytes));
  const useMemArena = reader.u32() !== 0;
  const arena = { useMemArena, capMb: reader.u32(), minSavingsPercent: reader.u32(), regionMb: reader.u32() };
  return { kind: "enroll", pid: bytes.readUInt32LE(4), name: readName(bytes), arena };
}

function readAck(bytes: Buffer): LegacyMessage {
  const reader = new FieldReader(bytes.subarray(nameAt + nameBytes));
  const eventNs = reader.u64();
  const stats = Object.fromEntries(statsOrder.map((name) => [name, reader.u64()])) as unknown as AckStats;
  return { kind: "ack", pid: bytes.readUInt32LE(4), name: readName(bytes), eventNs, stats };
}

/** Null for what is neither: type and exact size must fit. @param length of the datagram, of which more may have been cut */
export function decodeLegacy(bytes: Buffer, length: number): LegacyMessage | null {
  if (length !== bytes.length || length < 4) return null;
  const type = bytes.readUInt32LE(0);
  if (type === types.enroll && length === legacyBytes.enroll) return readEnroll(bytes);
  if (type === types.ack && length === legacyBytes.ack) return readAck(bytes);
  return null;
}
