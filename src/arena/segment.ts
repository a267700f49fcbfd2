import type { Slab } from "./memory.ts";

/** Before every block: its owner, and its length with this header in place units. */
export const headerBytes = 8;

/** Blocks begin at multiples of this; places are counted in it, so that 32 bits reach over 64 GiB. */
export const placeUnit = 16;

/** Owner of what is dead: the head of a list, which has no block. */
const nobody = 0;

/** What a block of so many bytes takes in the pool. */
export const allocatedBytes = (blockBytes: number): number =>
  Math.ceil((blockBytes + headerBytes) / placeUnit) * placeUnit;

/** Told about what the pool moves. */
export interface BlockOwners {
  /** Whether the block at this place is the one that this owner has now. */
  has(owner: number, place: number): boolean;
  moved(owner: number, place: number): void;
}

/** A part of the pool that is filled from its beginning on, like a log. */
export class Segment {
  readonly slab: Slab;
  /** The place of its first byte. */
  readonly start: number;
  /** Where the next block goes. */
  used = 0;
  /** As far as it was ever written. */
  high = 0;
  /** Bytes of blocks that have an owner. */
  live = 0;
  readonly #words: DataView;

  constructor(slab: Slab, start: number) {
    this.slab = slab;
    this.start = start;
    this.#words = new DataView(slab.view.buffer, slab.view.byteOffset, slab.view.byteLength);
  }

  get bytes(): number {
    return this.slab.view.byteLength;
  }

  get room(): number {
    return this.bytes - this.used;
  }

  get dead(): number {
    return this.used - this.live;
  }

  placeOf(at: number): number {
    return this.start + at / placeUnit;
  }

  /** Where a place is within it. */
  offsetOf(place: number): number {
    return (place - this.start) * placeUnit;
  }

  /** Where the block at a place begins, behind its header. */
  blockAt(place: number): number {
    return this.offsetOf(place) + headerBytes;
  }

  /** Copies a block in, which must fit; answers its place. */
  append(owner: number, source: Uint8Array, sourceStart: number, blockBytes: number): number {
    const at = this.used;
    this.used += allocatedBytes(blockBytes);
    this.high = Math.max(this.high, this.used);
    return this.#write(at, owner, source, sourceStart, blockBytes);
  }

  /** Copies a block into a hole, of which the rest stays dead; answers its place. */
  fill(at: number, hole: number, owner: number, source: Uint8Array, sourceStart: number, blockBytes: number): number {
    const rest = hole - allocatedBytes(blockBytes);
    if (rest > 0) this.#writeHeader(at + hole - rest, nobody, rest);
    return this.#write(at, owner, source, sourceStart, blockBytes);
  }

  #write(at: number, owner: number, source: Uint8Array, sourceStart: number, blockBytes: number): number {
    const bytes = allocatedBytes(blockBytes);
    this.#writeHeader(at, owner, bytes);
    this.slab.view.set(source.subarray(sourceStart, sourceStart + blockBytes), at + headerBytes);
    this.live += bytes;
    return this.placeOf(at);
  }

  #writeHeader(at: number, owner: number, bytes: number): void {
    this.#words.setUint32(at, owner, true);
    this.#words.setUint32(at + 4, bytes / placeUnit, true);
  }

  /** Slides what has an owner to the beginning. */
  compact(owners: BlockOwners): void {
    let to = 0;
    for (const { at, owner, bytes } of this.#blocks()) {
      if (!owners.has(owner, this.placeOf(at))) continue;
      if (at !== to) {
        this.slab.view.copyWithin(to, at, at + bytes);
        owners.moved(owner, this.placeOf(to));
      }
      to += bytes;
    }
    this.used = to;
  }

  /** Moves blocks to another segment until that is full; answers how many bytes went. */
  moveTo(target: Segment, owners: BlockOwners): number {
    const before = this.live;
    for (const { at, owner, bytes } of this.#blocks()) {
      if (!owners.has(owner, this.placeOf(at))) continue;
      if (bytes > target.room) break;
      owners.moved(owner, target.append(owner, this.slab.view, at + headerBytes, bytes - headerBytes));
      this.live -= bytes;
    }
    return before - this.live;
  }

  *#blocks() {
    for (let at = 0, bytes = 0; at < this.used; at += bytes) {
      bytes = this.#words.getUint32(at + 4, true) * placeUnit;
      yield { at, owner: this.#words.getUint32(at, true), bytes };
    }
  }
}
