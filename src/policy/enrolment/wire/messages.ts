import type { FieldKind, FieldValues } from "./fields.ts";
import { FieldReader, fieldWriters } from "./fields.ts";
import { ProtocolFault } from "./protocol-errors.ts";

/** The version of the protocol that this Corral speaks. */
export const protocolVersion = 2;

/** Payloads are no longer than this, whoever sends them. */
export const maxPayloadBytes = 65_520;

/**
 * Every message: its number, who sends it, its fields in their order. docs/protocol.md has the same tables and a test compares
 * them. Times are CLOCK_MONOTONIC in nanoseconds; 0 where they are not known.
 */
export const messageLayouts = {
  hello: {
    type: 1,
    from: "client",
    fields: [
      ["minVersion", "u16"],
      ["maxVersion", "u16"],
      ["agent", "str"],
    ],
  },
  hello_ok: {
    type: 2,
    from: "server",
    fields: [
      ["version", "u16"],
      ["heartbeatMs", "u32"],
      ["silentMs", "u32"],
      ["maxPayloadBytes", "u32"],
      ["bootId", "str"],
      ["pid", "u32"],
      ["startTicks", "u64"],
    ],
  },
  enroll: {
    type: 3,
    from: "client",
    fields: [
      ["pid", "u32"],
      ["startTicks", "u64"],
      ["sentNs", "u64"],
      ["name", "str"],
      ["tags", "pairs"],
      ["verbs", "strs"],
      ["arena", "arena"],
    ],
  },
  enroll_ok: {
    type: 4,
    from: "server",
    fields: [
      ["token", "str"],
      ["enrolledNs", "u64"],
    ],
  },
  enroll_denied: {
    type: 5,
    from: "server",
    fields: [
      ["code", "str"],
      ["message", "str"],
    ],
  },
  action: {
    type: 6,
    from: "server",
    fields: [
      ["token", "str"],
      ["requestId", "str"],
      ["verb", "str"],
      ["expiresNs", "u64"],
      ["params", "text"],
    ],
  },
  action_accepted: {
    type: 7,
    from: "client",
    fields: [
      ["token", "str"],
      ["requestId", "str"],
      ["receivedNs", "u64"],
    ],
  },
  action_result: {
    type: 8,
    from: "client",
    fields: [
      ["token", "str"],
      ["requestId", "str"],
      ["receivedNs", "u64"],
      ["safePointNs", "u64"],
      ["startNs", "u64"],
      ["endNs", "u64"],
      ["stats", "stats"],
    ],
  },
  action_rejected: {
    type: 9,
    from: "client",
    fields: [
      ["token", "str"],
      ["requestId", "str"],
      ["code", "str"],
      ["message", "str"],
    ],
  },
  stats: {
    type: 10,
    from: "client",
    fields: [
      ["token", "str"],
      ["stats", "stats"],
    ],
  },
  heartbeat: {
    type: 11,
    from: "both",
    fields: [
      ["isReply", "u8"],
      ["sentNs", "u64"],
    ],
  },
  unenroll: { type: 12, from: "client", fields: [["token", "str"]] },
  unenrolled: {
    type: 13,
    from: "server",
    fields: [
      ["token", "str"],
      ["why", "str"],
    ],
  },
  error: {
    type: 14,
    from: "both",
    fields: [
      ["seq", "u32"],
      ["code", "str"],
      ["message", "str"],
    ],
  },
} as const satisfies Record<string, Layout>;

interface Layout {
  readonly type: number;
  readonly from: "client" | "server" | "both";
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
}

export type MessageKind = keyof typeof messageLayouts;

type FieldsOf<K extends MessageKind> = (typeof messageLayouts)[K]["fields"][number];

/** One message of the protocol, told apart by `kind`. */
export type Message = {
  [K in MessageKind]: { readonly kind: K } & {
    readonly [F in FieldsOf<K> as F[0]]: FieldValues[F[1]];
  };
}[MessageKind];

export type MessageOf<K extends MessageKind> = Extract<Message, { readonly kind: K }>;

const kindsByType = new Map(
  (Object.entries(messageLayouts) as [MessageKind, Layout][]).map(([kind, { type }]) => [type, kind] as const),
);

export const isKnownType = (type: number): boolean => kindsByType.has(type);

/** The payload of a message. @throws ProtocolFault malformed, frame_too_large */
export function encodePayload(message: Message): Buffer {
  const layout: Layout = messageLayouts[message.kind];
  const values = message as unknown as Readonly<Record<string, never>>;
  const payload = Buffer.concat(layout.fields.flatMap(([name, kind]) => fieldWriters[kind](values[name] as never)));
  if (payload.length <= maxPayloadBytes) return payload;
  throw new ProtocolFault("frame_too_large", `a payload of ${payload.length} bytes, ${maxPayloadBytes} at most`);
}

/** @throws ProtocolFault unknown_type, malformed */
export function decodePayload(type: number, payload: Uint8Array): Message {
  const kind = kindsByType.get(type);
  if (kind === undefined) throw new ProtocolFault("unknown_type", `there is no message of type ${type}`);
  const reader = new FieldReader(payload);
  const layout: Layout = messageLayouts[kind];
  const values = layout.fields.map(([name, field]) => [name, reader[field]()] as const);
  return { kind, ...Object.fromEntries(values) } as unknown as Message;
}
