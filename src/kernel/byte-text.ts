/**
 * Linux names, arguments and environment are bytes; JavaScript strings are not. A byte that is not part of
 * valid UTF-8 is carried as a lone surrogate U+DC80 to U+DCFF (Python's surrogateescape), which no valid text
 * contains, so that bytes → text → bytes is the identity.
 */

// Every other character takes more than one byte. Not a pattern: V8 would compile it, at every start.
const isAscii = (text: string): boolean => Buffer.byteLength(text, "utf8") === text.length;

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length =
    first < 0x80
      ? 1
      : first >= 0xc2 && first < 0xe0
        ? 2
        : first >= 0xe0 && first < 0xf0
          ? 3
          : first >= 0xf0 && first < 0xf5
            ? 4
            : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return bytes.toString("utf8", at, at + length).includes("\ufffd") &&
    !bytes.subarray(at, at + length).equals(replacement)
    ? 0
    : length;
}

const replacement = Buffer.from("\ufffd", "utf8");

/** Bytes as text; what is not UTF-8 becomes lone surrogates. */
export function decodeBytes(bytes: Buffer): string {
  const plain = bytes.toString("utf8");
  if (!plain.includes("\ufffd")) return plain;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** Part of a buffer as text, without an object for it when it is UTF-8. */
export function decodeSlice(bytes: Buffer, from: number, to: number): string {
  const plain = bytes.toString("utf8", from, to);
  return plain.includes("\ufffd") ? decodeBytes(bytes.subarray(from, to)) : plain;
}

/** Text as a string of bytes, one character each, as the addon takes it. */
export function toByteString(text: string): string {
  if (isAscii(text)) return text;
  if (!hasRawBytes(text)) return Buffer.from(text, "utf8").toString("latin1");
  let bytes = "";
  for (const char of text) {
    const code = char.charCodeAt(0);
    const escaped = char.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    bytes += escaped ? String.fromCharCode(code - 0xdc00) : Buffer.from(char, "utf8").toString("latin1");
  }
  return bytes;
}

/**
 * Texts as one byte string: their number, then the texts, each with a NUL before it. One look at the whole is cheaper than
 * many at the parts; the number tells the addon of a NUL inside of one.
 */
export const toByteBlock = (texts: readonly string[]): string =>
  texts.length === 0 ? "0" : `${texts.length}\0${toByteString(texts.join("\0"))}`;

/** True when the text carries bytes that are not UTF-8. */
export const hasRawBytes = (text: string): boolean => /[\udc80-\udcff]/u.test(text);
