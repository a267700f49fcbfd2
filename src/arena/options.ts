import { CorralError } from "../report/index.ts";
import type { BackgroundOptions } from "./background-options.ts";

/** Options of `createArena`. */
export interface ArenaOptions {
  /**
   * Most bytes for compressed chunks: their blocks, the gaps between them, and what is noted of every chunk. 64 KiB and four
   * chunks at least, 64 GiB at most.
   */
  readonly capacityBytes: number;
  /** Bytes that are compressed as one: a power of 2 from 512 to 65536, whatever the page size. Default: 4096. */
  readonly chunkBytes?: number | undefined;
  /**
   * A chunk whose room in the pool would not be smaller than it by this share stays as it is. From 0 to 95 percent. Default: 5, which is
   * compatible; 27 is recommended.
   */
  readonly minSavingsPercent?: number | undefined;
  /** 1 compresses best, each more is a little faster; to 65537. Default: 1. */
  readonly acceleration?: number | undefined;
  /** Leave chunks alone whose bytes look random in a sample of 256. Default: true. */
  readonly sampleFirst?: boolean | undefined;
  /** When the pool is full: `refuse`, or `evict` a chunk whose room holds two of the new. Default: `"evict"`. */
  readonly whenFull?: "refuse" | "evict" | undefined;
  /** How long one turn of compression or prefetch may hold the event loop, in milliseconds. Default: 1. */
  readonly sliceMs?: number | undefined;
  /** Compress what has become cold, by itself. Default: false. */
  readonly background?: boolean | BackgroundOptions | undefined;
}

/** Every option with its value. */
export interface ArenaSettings {
  readonly capacityBytes: number;
  readonly chunkBytes: number;
  readonly minSavingsPercent: number;
  readonly acceleration: number;
  readonly sampleFirst: boolean;
  readonly whenFull: "refuse" | "evict";
  readonly sliceMs: number;
}

/** What a number may be. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const largestChunkBytes = 65_536;
const largestCapacityBytes = 64 * 2 ** 30;

/**
 * The number, or the default where there is none.
 * @throws CorralError USAGE
 */
export function numberOption(name: string, value: number | undefined, fallback: number, rule: NumberRule): number {
  if (value === undefined) return fallback;
  const { min, max, whole } = rule;
  if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new CorralError("USAGE", `${name} is ${whole ? "a whole number" : "a number"} from ${min} to ${max}`, {
    object: name,
    found: String(value),
    fix: `it is ${String(value)}`,
  });
}

function checkChunkBytes(chunkBytes: number): void {
  if (Number.isInteger(Math.log2(chunkBytes))) return;
  throw new CorralError("USAGE", "chunkBytes is a power of 2 from 512 to 65536", {
    object: "chunkBytes",
    found: String(chunkBytes),
    fix: "4096 suits most",
  });
}

function checkWhenFull(whenFull: string): void {
  if (whenFull === "refuse" || whenFull === "evict") return;
  throw new CorralError("USAGE", 'whenFull is "refuse" or "evict"', { object: "whenFull", found: whenFull });
}

const optionNames: Readonly<Record<keyof ArenaOptions, true>> = {
  capacityBytes: true,
  chunkBytes: true,
  minSavingsPercent: true,
  acceleration: true,
  sampleFirst: true,
  whenFull: true,
  sliceMs: true,
  background: true,
};

function checkNames(options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw new CorralError("USAGE", "createArena needs options", {
      object: "options",
      found: String(options),
      fix: "createArena({ capacityBytes: 64 * 2 ** 20 })",
    });
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name));
  if (unknown === undefined) return;
  throw new CorralError("USAGE", `${unknown} is no option of an arena`, {
    object: unknown,
    fix: `the options are ${Object.keys(optionNames).join(", ")}`,
  });
}

/**
 * Judges the options.
 * @throws CorralError USAGE
 */
export function resolveOptions(options: ArenaOptions): ArenaSettings {
  checkNames(options);
  const whole = true;
  const chunkBytes = numberOption("chunkBytes", options.chunkBytes, 4096, { min: 512, max: largestChunkBytes, whole });
  checkChunkBytes(chunkBytes);
  const whenFull = options.whenFull ?? "evict";
  checkWhenFull(whenFull);
  const smallest = Math.max(65_536, 4 * chunkBytes);
  return {
    capacityBytes: numberOption("capacityBytes", options.capacityBytes ?? Number.NaN, smallest, {
      min: smallest,
      max: largestCapacityBytes,
      whole,
    }),
    chunkBytes,
    minSavingsPercent: numberOption("minSavingsPercent", options.minSavingsPercent, 5, {
      min: 0,
      max: 95,
      whole: false,
    }),
    acceleration: numberOption("acceleration", options.acceleration, 1, { min: 1, max: 65_537, whole }),
    sampleFirst: options.sampleFirst ?? true,
    whenFull,
    sliceMs: numberOption("sliceMs", options.sliceMs, 1, { min: 0.05, max: 1000, whole: false }),
  };
}
