/** A kind of content, made anew for every chunk, the same in every run. */
export interface BenchContent {
  readonly name: string;
  write(bytes: Uint8Array): void;
}

let state = 88_172_645;

const random = (): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};

const words = ["the", "memory", "of", "a", "process", "is", "cold", "where", "nobody", "looks", "for", "long", "and"];

function fillText(bytes: Uint8Array, next: () => string): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = Buffer.from(next()).subarray(0, bytes.length - at);
    bytes.set(piece, at);
    at += piece.length;
  }
}

const jsonRow = (): string =>
  `{"id":${random() % 1_000_000},"name":"user-${random() % 5000}","active":${random() % 2 === 0},"score":${random() % 100},"tags":["a","b"]},`;

const sentence = (): string => `${words[random() % words.length]} `;

/** Little-endian addresses in one heap, small integers and nulls, as objects of a runtime have them. */
function fillPointers(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heap = 0x7f3a_0000_0000n;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const kind = random() % 4;
    const value = kind < 2 ? heap + BigInt(random() % 2 ** 24) * 16n : kind === 2 ? BigInt(random() % 100) : 0n;
    view.setBigUint64(at, value, true);
  }
}

function fillRandom(bytes: Uint8Array): void {
  const wordsOf = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  for (let at = 0; at < wordsOf.length; at += 1) wordsOf[at] = random();
}

export const contents: readonly BenchContent[] = [
  { name: "JSON", write: (bytes) => fillText(bytes, jsonRow) },
  { name: "text", write: (bytes) => fillText(bytes, sentence) },
  { name: "pointers", write: fillPointers },
  { name: "constant", write: (bytes) => void bytes.fill(random() & 0xff) },
  { name: "random", write: fillRandom },
];

/** So many bytes of a content, in pieces of 64 KiB. */
export function bytesOf(content: BenchContent, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) content.write(bytes.subarray(at, Math.min(length, at + 65_536)));
  return bytes;
}
