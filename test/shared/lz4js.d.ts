/** What of lz4js is used: it brings no types. */
declare module "lz4js" {
  /** Bytes written to `target`, 0 when the source does not compress. `table` has 65536 zeros. */
  export function compressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    table: Uint32Array,
  ): number;
  /** Bytes written to `target`, from its beginning on. */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    targetStart: number,
  ): number;
  export function compressBound(length: number): number;
}
