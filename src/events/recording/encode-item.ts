import type { ProcessIdentity } from "../../kernel/index.ts";
import type { FeedItem } from "../feed-item.ts";
import type { ExecutedProgram, ProcessOwner } from "../lifecycle-event.ts";

interface Named extends ProcessOwner {
  readonly tgid: number;
  readonly identity: ProcessIdentity | null;
}

const ownerOf = ({ tgid, identity, uid, cgroupId }: Named) => ({
  tgid,
  start_ticks: identity?.startTicks ?? null,
  uid,
  cgroup_id: cgroupId === null ? null : String(cgroupId),
});

const programOf = ({ comm, exe, argv, argvTruncated }: ExecutedProgram & { readonly comm: string | null }) => ({
  comm,
  exe,
  argv,
  argv_truncated: argvTruncated,
});

/** What is written of each kind of item, after its kind and its time. */
const members = {
  running: (item) => ({
    ...ownerOf(item),
    ppid: item.ppid,
    executed: item.executed,
    ...programOf(item.program),
  }),
  group: ({ id, path }) => ({ id: String(id), path }),
  loss: ({ lost: { kernelBuffer, neverSent, queue, traces } }) => ({
    kernel_buffer: kernelBuffer,
    never_sent: neverSent,
    queue,
    traces,
  }),
  tick: () => ({}),
  fork: (event) => ({ ...ownerOf(event), ppid: event.ppid, reconciled: event.reconciled }),
  exec: (event) => ({
    ...ownerOf(event),
    ppid: event.ppid,
    reconciled: event.reconciled,
    filename: event.filename,
    ...programOf(event),
  }),
  exit: (event) => ({
    ...ownerOf(event),
    ppid: event.ppid,
    reconciled: event.reconciled,
    status: event.status,
    code: event.code,
    signal: event.signal,
    core_dumped: event.coreDumped,
  }),
  open: (event) => ({
    ...ownerOf(event),
    comm: event.comm,
    path: event.path,
    flags: event.flags,
    result: event.result,
  }),
  readline: (event) => ({ ...ownerOf(event), comm: event.comm, text: event.text, truncated: event.truncated }),
} as const satisfies { readonly [K in FeedItem["kind"]]: (item: Extract<FeedItem, { kind: K }>) => object };

/**
 * One item as a line of JSON without its end, everything kept: big numbers as texts, bytes that are not UTF-8 as JSON's
 * escapes of lone surrogates (kernel/byte-text.ts).
 */
export function encodeFeedItem(item: FeedItem): string {
  const rest = (members[item.kind] as (item: FeedItem) => object)(item);
  const time = "timestampNs" in item ? { timestamp_ns: String(item.timestampNs) } : {};
  return JSON.stringify({ kind: item.kind, ...time, ...rest });
}
