/** Bytes in one MiB. */
export const mib = 2 ** 20;

/** A size for an agent: whole MiB, one at least. */
export const formatMib = (bytes: number): string => `${Math.max(1, Math.round(bytes / mib))} MiB`;
