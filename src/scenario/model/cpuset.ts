import type { NumberList, OneOf } from "./value-types.ts";

/** Part of the usable CPUs, of all of which `index` is one of `of` equal shares. */
export interface Share {
  /** 0 for the first; below `of`. */
  readonly index: number;
  /** Number of shares, at least 1 and at most the number of usable CPUs. */
  readonly of: number;
}

/**
 * Ways to say which CPUs a group may use. `usable` are all CPUs but the last, which is kept for Corral itself when there
 * are more than two.
 */
export interface CpusetSpecs {
  /** All CPUs of one last-level cache; the kept CPU is not left out. */
  readonly llc: number;
  /** All CPUs of one memory node; the kept CPU is not left out. */
  readonly numa: number;
  /** Usable CPUs from ⌊n·start⌋ up to, but without, ⌊n·end⌋; 0 ≤ start < end ≤ 1. */
  readonly range: { readonly start: number; readonly end: number };
  /** One of several equal shares that have no CPU in common: ⌊n/of⌋ CPUs; the last share takes what is left over. */
  readonly disjoint: Share;
  /** A share that reaches into its neighbours by ⌊chunk·frac⌋ CPUs on each side; 0 ≤ frac ≤ 1. */
  readonly overlap: Share & { readonly frac: number };
  /** These CPUs, the kept one too; all must exist. */
  readonly exact: NumberList;
}

/** One way to say which CPUs a group may use. */
export type CpusetSpec = OneOf<CpusetSpecs>;
