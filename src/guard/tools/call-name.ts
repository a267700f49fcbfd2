/** What a later guard must know of a call, as the name of its group says it. */
export interface CallOrigin {
  /** The client's. */
  readonly pid: number;
  /** CLOCK_MONOTONIC. */
  readonly startNs: bigint;
  /** Longest time that it may run, in milliseconds; null: as long as it likes. */
  readonly timeMs: number | null;
}

/** The name of a call and of its group. */
export const callName = ({ pid, startNs, timeMs }: CallOrigin): string =>
  `tool_${pid}_${startNs}${timeMs === null ? "" : `_${Math.ceil(timeMs)}`}`;

/** Null for a group that is none of a call. */
export function originOf(group: string): CallOrigin | null {
  const [, pid, startNs, timeMs] = /^tool_(\d+)_(\d+)(?:_(\d+))?$/.exec(group) ?? [];
  if (pid === undefined || startNs === undefined) return null;
  return { pid: Number(pid), startNs: BigInt(startNs), timeMs: timeMs === undefined ? null : Number(timeMs) };
}
