import { expect, test } from "vitest";
import { RingReader } from "./bpf-ring.ts";

const page = 4096;
const ringBytes = 64;

/** A ring whose records are one word each, and the kernel's side of it. */
function makeRing() {
  const memory = { consumer: new ArrayBuffer(page), producer: new ArrayBuffer(page + 2 * ringBytes) };
  const [written, read] = [new BigUint64Array(memory.producer, 0, 1), new BigUint64Array(memory.consumer, 0, 1)];
  const words = new Uint32Array(memory.producer, page);
  const put = (at: number, word: number): void => {
    // The kernel maps the data twice.
    words[(at % ringBytes) / 4] = word;
    words[((at % ringBytes) + ringBytes) / 4] = word;
  };
  return {
    memory,
    read,
    /** Writes one record; `flags` as in its header. */
    write(value: number, flags = 0): void {
      const at = Number(written[0]);
      put(at, (4 | flags) >>> 0);
      put(at + 8, value);
      written[0] = BigInt(at + 16);
    },
    /** Finishes the record that begins there. */
    finish: (at: number): void => put(at, 4),
  };
}

const decode = ({ words }: { readonly words: Uint32Array }, from: number): number => words[from / 4] ?? -1;
const [busy, discarded] = [2 ** 31, 2 ** 30];

test("records are read in order, no more than asked for, and their room is given back", () => {
  const ring = makeRing();
  const reader = new RingReader(ring.memory, ringBytes, decode);
  expect(reader.read(10)).toEqual([]);
  for (const value of [1, 2, 3]) ring.write(value);
  expect([reader.read(2), ring.read[0], reader.readTo, reader.writtenTo]).toEqual([[1, 2], 32n, 32, 48]);
  expect([reader.read(2), ring.read[0]]).toEqual([[3], 48n]);
});

test("a record that is not finished holds up those behind it, one that was given up is passed over", () => {
  const ring = makeRing();
  const reader = new RingReader(ring.memory, ringBytes, decode);
  ring.write(1, discarded);
  ring.write(2, busy);
  ring.write(3);
  expect([reader.read(10), ring.read[0]]).toEqual([[], 16n]);
  ring.finish(16);
  expect([reader.read(10), ring.read[0]]).toEqual([[2, 3], 48n]);
});

test("the ring goes round, also where positions no longer fit into 32 bits", () => {
  const ring = makeRing();
  const far = 2 ** 32 - 32;
  ring.read[0] = BigInt(far);
  new BigUint64Array(ring.memory.producer, 0, 1)[0] = BigInt(far);
  const reader = new RingReader(ring.memory, ringBytes, decode);
  const seen: number[] = [];
  for (let value = 1; value <= 12; value += 1) {
    ring.write(value);
    if (value % 3 === 0) seen.push(...reader.read(10));
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(reader.readTo).toBe(far + 12 * 16);
});

test("a record of an unknown kind is left out", () => {
  const ring = makeRing();
  const reader = new RingReader(ring.memory, ringBytes, (views, from) => (decode(views, from) === 2 ? null : 1));
  for (const value of [1, 2, 3]) ring.write(value);
  expect([reader.read(10), reader.readTo]).toEqual([[1, 1], 48]);
});
