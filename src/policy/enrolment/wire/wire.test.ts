import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FieldKind } from "./fields.ts";
import { statsOrder } from "./fields.ts";
import { encodeFrame, FrameReader, headerBytes } from "./frame.ts";
import { decodeLegacy, legacyBytes } from "./legacy-codec.ts";
import type { Message, MessageKind } from "./messages.ts";
import { decodePayload, encodePayload, maxPayloadBytes, messageLayouts } from "./messages.ts";
import { ProtocolFault } from "./protocol-errors.ts";

const u = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
// Lone surrogates are no text: they would come back as U+FFFD.
const text = fc.string({ unit: "binary", maxLength: 40 });
const arena = fc.record({ useMemArena: fc.boolean(), capMb: u(32), minSavingsPercent: u(32), regionMb: u(32) });
const stats = fc.tuple(...statsOrder.map((name) => u64.map((value) => [name, value] as const)));

const values: Readonly<Record<FieldKind, fc.Arbitrary<unknown>>> = {
  u8: u(8),
  u16: u(16),
  u32: u(32),
  u64,
  str: text,
  text,
  strs: fc.array(text, { maxLength: 5 }),
  pairs: fc.dictionary(text, text, { maxKeys: 5, noNullPrototype: true }),
  arena: fc.option(arena),
  stats: fc.option(stats.map((pairs) => Object.fromEntries(pairs))),
};

const kinds = Object.keys(messageLayouts) as MessageKind[];
const messages = fc.constantFrom(...kinds).chain((kind) => {
  const fields = messageLayouts[kind].fields.map(([name, field]) => [name, values[field]] as const);
  return fc.record(Object.fromEntries(fields)).map((record) => ({ ...record, kind }) as unknown as Message);
});

const faultOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (thrown) {
    return thrown instanceof ProtocolFault ? thrown.code : String(thrown);
  }
};

const typeOf = (message: Message): number => messageLayouts[message.kind].type;

describe("a message", () => {
  test("comes back from its bytes as it was", () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodePayload(typeOf(message), encodePayload(message))).toEqual(message);
      }),
    );
  });

  test("that is cut anywhere is malformed, and one with more at its end is the same", () => {
    fc.assert(
      fc.property(messages, fc.uint8Array({ minLength: 1, maxLength: 20 }), (message, more) => {
        const payload = encodePayload(message);
        for (let length = 0; length < payload.length; length += 1)
          expect(faultOf(() => decodePayload(typeOf(message), payload.subarray(0, length)))).toBe("malformed");
        expect(decodePayload(typeOf(message), Buffer.concat([payload, more]))).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });

  test("of any bytes is a message or a fault, never anything else", () => {
    fc.assert(
      fc.property(u(8), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        expect(["none", "malformed", "unknown_type"]).toContain(faultOf(() => decodePayload(type, bytes)));
      }),
    );
  });

  test("keeps a tag that is named like a property of every object", () => {
    const tags = Object.fromEntries([["__proto__", "x"]]);
    const claim = { pid: 1, startTicks: 0n, sentNs: 0n, name: "n", verbs: [], arena: null };
    const message = { kind: "enroll", ...claim, tags } as const;
    const decoded = decodePayload(3, encodePayload(message));
    expect(decoded.kind === "enroll" && Object.entries(decoded.tags)).toEqual([["__proto__", "x"]]);
  });

  test("that does not fit is refused before it is sent", () => {
    const big = "x".repeat(maxPayloadBytes);
    const action = { kind: "action", token: "t", requestId: "r", verb: "v", expiresNs: 0n, params: big } as const;
    expect(faultOf(() => encodePayload(action))).toBe("frame_too_large");
    const long = { kind: "unenroll", token: "x".repeat(65_536) } as const;
    expect(faultOf(() => encodePayload(long))).toBe("malformed");
  });
});

describe("frames", () => {
  test("arrive whole and in order, however their bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 6 }), fc.array(fc.nat(200), { maxLength: 30 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((message, index) => encodeFrame(message, index + 1)));
        const reader = new FrameReader();
        const got: Message[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          for (const { type, payload } of reader.push(bytes.subarray(at, at + cut)))
            got.push(decodePayload(type, payload));
          at = Math.min(at + cut, bytes.length);
        }
        expect(got).toEqual(sent);
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  test("carry magic, version, type, length and sequence number at their places", () => {
    const frame = encodeFrame({ kind: "unenroll", token: "ab" }, 7);
    expect([...frame]).toEqual([67, 79, 82, 50, 2, 12, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 2, 0, 97, 98]);
    expect(headerBytes).toBe(16);
  });

  test("are told apart from other bytes by the first of them, and from too long ones by their header", () => {
    const push = (bytes: Uint8Array): string => faultOf(() => [...new FrameReader().push(bytes)]);
    expect(push(Buffer.from("G"))).toBe("bad_magic");
    expect(push(Buffer.from("COR2\u0001"))).toBe("unsupported_version");
    const header = encodeFrame({ kind: "unenroll", token: "" }, 1).subarray(0, headerBytes);
    header.writeUInt32LE(maxPayloadBytes + 1, 8);
    expect(push(header)).toBe("frame_too_large");
    header.writeUInt32LE(maxPayloadBytes, 8);
    expect(push(header)).toBe("none");
  });

  test("hold no more than one of them back", () => {
    const reader = new FrameReader();
    const header = encodeFrame({ kind: "unenroll", token: "" }, 1).subarray(0, headerBytes);
    header.writeUInt32LE(maxPayloadBytes, 8);
    expect([...reader.push(header)]).toEqual([]);
    expect([...reader.push(new Uint8Array(maxPayloadBytes - 1))]).toEqual([]);
    expect(reader.heldBytes).toBe(headerBytes + maxPayloadBytes - 1);
    expect([...reader.push(new Uint8Array(1))].length).toBe(1);
  });
});

describe("a datagram of the original protocol", () => {
  const zero = (length: number, type: number): Buffer => {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32LE(type);
    return bytes;
  };

  test("is read from its layout", () => {
    const enroll = zero(legacyBytes.enroll, 1);
    enroll.writeUInt32LE(4711, 4);
    enroll.write("name", 8);
    [1, 64, 5, 32].forEach((value, index) => void enroll.writeUInt32LE(value, 40 + 4 * index));
    expect(decodeLegacy(enroll, enroll.length)).toEqual({
      kind: "enroll",
      pid: 4711,
      name: "name",
      arena: { useMemArena: true, capMb: 64, minSavingsPercent: 5, regionMb: 32 },
    });
    const ack = zero(legacyBytes.ack, 2);
    ack.writeBigUInt64LE(99n, 40);
    statsOrder.forEach((_, index) => void ack.writeBigUInt64LE(BigInt(index), 48 + 8 * index));
    expect(decodeLegacy(ack, ack.length)).toEqual({
      kind: "ack",
      pid: 0,
      name: "",
      eventNs: 99n,
      stats: Object.fromEntries(statsOrder.map((name, index) => [name, BigInt(index)])),
    });
  });

  test("of another type or size, or one that was cut, is none", () => {
    for (const type of [0, 1, 2, 3])
      for (let length = 0; length < 200; length += 1) {
        const isOne = (type === 1 && length === 56) || (type === 2 && length === 144);
        const bytes = length < 4 ? Buffer.alloc(length) : zero(length, type);
        expect(decodeLegacy(bytes, length) !== null).toBe(isOne);
      }
    expect(decodeLegacy(zero(56, 1), 57)).toBe(null);
  });

  test("may have a name without an end, or of any bytes", () => {
    const bytes = zero(legacyBytes.enroll, 1).fill(0x41, 8, 40);
    expect(decodeLegacy(bytes, bytes.length)?.name).toBe("A".repeat(32));
    bytes.fill(0xff, 8, 40);
    expect(decodeLegacy(bytes, bytes.length)?.name).toBe("\ufffd".repeat(32));
  });
});
