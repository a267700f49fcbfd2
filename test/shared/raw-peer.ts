import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";

/**
 * A client of the enrolment protocol that says whatever bytes it is told to, made from docs/protocol.md alone: it shares no
 * code with the product.
 */
export interface RawPeer {
  readonly socket: Socket;
  /** The frames that came: type and payload. */
  readonly frames: { readonly type: number; readonly payload: Buffer }[];
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  send(type: number, payload: Buffer, change?: { readonly magic?: string; readonly length?: number }): void;
  /** Waits for a frame of a type. */
  frame(type: number): Promise<Buffer>;
}

const headerBytes = 16;

export const str = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([u16(bytes.length), bytes]);
};

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/** The payload of hello for a version. */
export const hello = (version = 2): Buffer => Buffer.concat([u16(version), u16(version), str("raw")]);

/** The payload of enroll. */
export const enroll = (pid: number, name: string): Buffer =>
  Buffer.concat([u32(pid), u64(0n), u64(0n), str(name), u16(0), u16(1), str("compress"), Buffer.from([0])]);

export function makeFrame(type: number, payload: Buffer, magic = "COR2", length = payload.length): Buffer {
  return Buffer.concat([Buffer.from(magic), Buffer.from([2, type, 0, 0]), u32(length), u32(1), payload]);
}

/** First text of a payload: the token of enroll_ok, the code of enroll_denied. */
export const firstText = (payload: Buffer, at = 0): string =>
  payload.toString("utf8", at + 2, at + 2 + payload.readUInt16LE(at));

export async function connectRaw(t: TestContext, path: string): Promise<RawPeer> {
  const socket = connect({ path });
  const frames: RawPeer["frames"] = [];
  let held = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= headerBytes && held.length >= headerBytes + held.readUInt32LE(8)) {
      const end = headerBytes + held.readUInt32LE(8);
      frames.push({ type: held.readUInt8(5), payload: held.subarray(headerBytes, end) });
      held = held.subarray(end);
      socket.emit("frame");
    }
  });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  const closed = once(socket, "close").then(() => undefined);
  return {
    socket,
    frames,
    closed,
    send: (type, payload, { magic, length } = {}) => socket.write(makeFrame(type, payload, magic, length)),
    async frame(type) {
      for (;;) {
        const found = frames.find((one) => one.type === type);
        if (found !== undefined) return found.payload;
        await Promise.race([once(socket, "frame"), closed.then(() => Promise.reject(new Error("closed")))]);
      }
    },
  };
}
