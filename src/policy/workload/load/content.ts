import type { Random } from "./random.ts";

/** What pages hold. `zero` is what the original's hold: nothing, but for the bytes that are touched. */
export const contentModels = ["zero", "json", "text", "pointer", "random"] as const;
export type ContentModel = (typeof contentModels)[number];

/** Fills a page, as the n-th of its region. */
export type FillPage = (page: Uint8Array, index: number) => void;

/** Pages are cut out of it at places of their own, so that none is like another. */
const corpusBytes = 4 * 2 ** 20;

const words = [
  ...["the", "of", "and", "to", "memory", "process", "page", "that", "is", "was", "for", "it", "with", "kernel"],
  ...["group", "limit", "which", "workload", "time", "be", "on", "by", "policy", "not", "had", "one", "pressure"],
] as const;
const pick = <T>(items: readonly T[], random: Random): T => items[random.below(items.length)] as T;

const jsonRow = (random: Random): string =>
  `{"id":${random.uint32()},"user":"${pick(words, random)}-${random.below(10_000)}","active":${random.unit() < 0.5},"score":${random.unit().toFixed(6)},"tags":["${pick(words, random)}","${pick(words, random)}"]},\n`;

function sentence(random: Random): string {
  const length = 5 + random.below(12);
  const text = Array.from({ length }, () => pick(words, random)).join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}. `;
}

function fromTexts(make: (random: Random) => string, random: Random): Uint8Array {
  const corpus = Buffer.alloc(corpusBytes);
  for (let at = 0; at < corpusBytes; ) at += corpus.write(make(random), at, "latin1") || corpusBytes;
  return corpus;
}

/** Words of 64 bits: addresses of one heap, small numbers, and nothing, as in the objects of a program. */
function pointers(random: Random): Uint8Array {
  const corpus = new BigUint64Array(corpusBytes / 8);
  for (let at = 0; at < corpus.length; at += 1) {
    const kind = random.unit();
    const address = 0x7f3a_0000_0000n + BigInt(random.below(2 ** 26)) * 16n;
    corpus[at] = kind < 0.5 ? address : kind < 0.8 ? BigInt(random.below(1000)) : 0n;
  }
  return new Uint8Array(corpus.buffer);
}

function noise(random: Random): Uint8Array {
  const corpus = new Uint32Array(corpusBytes / 4);
  for (let at = 0; at < corpus.length; at += 1) corpus[at] = random.uint32();
  return new Uint8Array(corpus.buffer);
}

const corpora: Readonly<Record<Exclude<ContentModel, "zero">, (random: Random) => Uint8Array>> = {
  json: (random) => fromTexts(jsonRow, random),
  text: (random) => fromTexts(sentence, random),
  pointer: pointers,
  random: noise,
};

/** Copies a page out of a corpus, from a place that depends on the seed and is never that of the page before. */
function cutFrom(corpus: Uint8Array, random: Random): FillPage {
  return (page) => {
    // Eight bytes: what is made of words of 64 bits stays so.
    const at = random.below((corpus.length - page.length) / 8) * 8;
    page.set(corpus.subarray(at, at + page.length));
  };
}

export interface ContentOptions {
  readonly model: ContentModel;
  /** Percent of the pages that hold random bytes instead, which nothing compresses. */
  readonly randomPercent: number;
}

/** Makes pages of one kind, the same for the same seed. */
export function pageFiller({ model, randomPercent }: ContentOptions, random: Random): FillPage {
  const plain: FillPage = model === "zero" ? (page) => void page.fill(0) : cutFrom(corpora[model](random), random);
  if (randomPercent === 0) return plain;
  const noisy = cutFrom(corpora.random(random), random);
  // Evenly, so that any part of a region has its share.
  const isNoisy = (index: number): boolean =>
    Math.floor(((index + 1) * randomPercent) / 100) > Math.floor((index * randomPercent) / 100);
  return (page, index) => (isNoisy(index) ? noisy : plain)(page, index);
}
