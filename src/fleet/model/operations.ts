/**
 * Kinds of operations: those that read data, those that write it, and those that move none (list, stat, delete). A workload
 * that knows no such difference counts everything as `meta`.
 */
export const operations = ["get", "put", "meta"] as const;
export type Operation = (typeof operations)[number];

const kib = 2 ** 10;
const mib = 2 ** 20;
const gib = 2 ** 30;

/** Sizes by which operations are told apart: the label, and the most bytes that belong to it. */
export const sizeBuckets = [
  { label: "zero", mostBytes: 0 },
  { label: "1B-8KiB", mostBytes: 8 * kib },
  { label: "8KiB-64KiB", mostBytes: 64 * kib },
  { label: "64KiB-512KiB", mostBytes: 512 * kib },
  { label: "512KiB-4MiB", mostBytes: 4 * mib },
  { label: "4MiB-32MiB", mostBytes: 32 * mib },
  { label: "32MiB-256MiB", mostBytes: 256 * mib },
  { label: "256MiB-2GiB", mostBytes: 2 * gib },
  { label: ">2GiB", mostBytes: Number.POSITIVE_INFINITY },
] as const;

/** The number of the bucket that a size belongs to. */
export const sizeBucketOf = (bytes: number): number => sizeBuckets.findIndex(({ mostBytes }) => bytes <= mostBytes);
