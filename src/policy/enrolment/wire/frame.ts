import type { Message } from "./messages.ts";
import { encodePayload, maxPayloadBytes, messageLayouts, protocolVersion } from "./messages.ts";
import { ProtocolFault } from "./protocol-errors.ts";

/** Before every payload: magic, version, type, two bytes 0, length of the payload, sequence number. */
export const headerBytes = 16;

const magic = Buffer.from("COR2", "latin1");
const lowestVersion = 2;

export interface Frame {
  readonly type: number;
  readonly seq: number;
  /** Valid until the next bytes are pushed. */
  readonly payload: Uint8Array;
}

/** A whole frame. @param seq counts the frames of its sender, from 1 on; modulo 2³² */
export function encodeFrame(message: Message, seq: number): Buffer {
  const payload = encodePayload(message);
  const frame = Buffer.alloc(headerBytes + payload.length);
  magic.copy(frame);
  frame.writeUInt8(protocolVersion, 4);
  frame.writeUInt8(messageLayouts[message.kind].type, 5);
  frame.writeUInt32LE(payload.length, 8);
  frame.writeUInt32LE(seq >>> 0, 12);
  payload.copy(frame, headerBytes);
  return frame;
}

/** Cuts a stream of bytes into frames, holding the beginning of one until the rest is there: one frame at most. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** Bytes of a frame that is not complete. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /**
   * The frames that these bytes complete, one after the other.
   * @throws ProtocolFault bad_magic, unsupported_version, frame_too_large: nothing after it can be understood
   */
  *push(bytes: Uint8Array): Generator<Frame, void> {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let rest = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    this.#held = Buffer.alloc(0);
    for (let length = frameLength(rest); length !== null && length <= rest.length; length = frameLength(rest)) {
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      yield { type: frame.readUInt8(5), seq: frame.readUInt32LE(12), payload: frame.subarray(headerBytes) };
    }
    // A copy: the bytes are the caller's.
    this.#held = Buffer.from(rest);
  }
}

/** Length of the frame that begins here; null while its header is not complete. */
function frameLength(bytes: Buffer): number | null {
  const known = Math.min(bytes.length, magic.length);
  if (!bytes.subarray(0, known).equals(magic.subarray(0, known)))
    throw new ProtocolFault("bad_magic", "a frame does not begin with COR2");
  if (bytes.length > 4 && bytes.readUInt8(4) < lowestVersion)
    throw new ProtocolFault("unsupported_version", `a frame of version ${bytes.readUInt8(4)}`);
  if (bytes.length < headerBytes) return null;
  const payload = bytes.readUInt32LE(8);
  if (payload > maxPayloadBytes)
    throw new ProtocolFault("frame_too_large", `a payload of ${payload} bytes, ${maxPayloadBytes} at most`);
  return headerBytes + payload;
}
