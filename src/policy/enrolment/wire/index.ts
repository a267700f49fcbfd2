/**
 * policy/enrolment/wire/: the bytes of both enrolment protocols (docs/protocol.md), pure. What may enter: layouts, encoding,
 * decoding. What it may not know: sockets, processes, what a message leads to.
 */
export { encodeFrame, FrameReader } from "./frame.ts";
export type { LegacyMessage } from "./legacy-codec.ts";
export { decodeLegacy, legacyBytes } from "./legacy-codec.ts";
export type { Message, MessageOf } from "./messages.ts";
export { decodePayload, isKnownType, maxPayloadBytes, protocolVersion } from "./messages.ts";
export type { ProtocolErrorCode } from "./protocol-errors.ts";
export { ProtocolFault, protocolErrors } from "./protocol-errors.ts";
export type { SelfDescription } from "./self-description.ts";
export { whyMalformed } from "./self-description.ts";
