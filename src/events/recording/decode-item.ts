import type { ProcessIdentity } from "../../kernel/index.ts";
import { toPid } from "../../kernel/index.ts";
import type { FeedItem, FeedOrigin } from "../feed-item.ts";
import { RecordFields } from "./record-fields.ts";

/** What all items of a recording have in common, and none tells. */
export type ItemOrigin = Pick<FeedOrigin, "source" | "bootId">;

function ownerOf(fields: RecordFields, bootId: string) {
  const tgid = fields.integer("tgid");
  const startTicks = fields.integerOrNull("start_ticks");
  const identity: ProcessIdentity | null = startTicks === null ? null : { bootId, pid: toPid(tgid), startTicks };
  return { tgid, identity, uid: fields.integerOrNull("uid"), cgroupId: fields.bigOrNull("cgroup_id") };
}

const programOf = (fields: RecordFields) => ({
  comm: fields.textOrNull("comm"),
  exe: fields.textOrNull("exe"),
  argv: fields.isNull("argv") ? null : fields.texts("argv"),
  argvTruncated: fields.flag("argv_truncated"),
});

function eventOf(fields: RecordFields, { source, bootId }: ItemOrigin) {
  return { ...ownerOf(fields, bootId), timestampNs: fields.big("timestamp_ns"), source };
}

const lifeOf = (fields: RecordFields, origin: ItemOrigin) => ({
  ...eventOf(fields, origin),
  ppid: fields.integerOrNull("ppid"),
  reconciled: fields.flag("reconciled"),
});

/** How each kind of item is read. */
const readers = {
  running: (fields, { bootId }) => ({
    kind: "running",
    ...ownerOf(fields, bootId),
    timestampNs: fields.big("timestamp_ns"),
    ppid: fields.integerOrNull("ppid"),
    executed: fields.flag("executed"),
    program: programOf(fields),
  }),
  group: (fields) => ({ kind: "group", id: fields.big("id"), path: fields.text("path") }),
  loss: (fields) => ({
    kind: "loss",
    timestampNs: fields.big("timestamp_ns"),
    lost: {
      kernelBuffer: fields.integer("kernel_buffer"),
      neverSent: fields.integer("never_sent"),
      queue: fields.integer("queue"),
      traces: fields.integer("traces"),
    },
  }),
  tick: (fields) => ({ kind: "tick", timestampNs: fields.big("timestamp_ns") }),
  fork: (fields, origin) => ({ kind: "fork", ...lifeOf(fields, origin) }),
  exec: (fields, origin) => ({
    kind: "exec",
    ...lifeOf(fields, origin),
    // Recordings of before have none.
    filename: fields.has("filename") ? fields.textOrNull("filename") : null,
    ...programOf(fields),
  }),
  exit: (fields, origin) => ({
    kind: "exit",
    ...lifeOf(fields, origin),
    status: fields.integerOrNull("status"),
    code: fields.integerOrNull("code"),
    signal: fields.integerOrNull("signal"),
    coreDumped: fields.flagOrNull("core_dumped"),
  }),
  open: (fields, origin) => ({
    kind: "open",
    ...eventOf(fields, origin),
    comm: fields.text("comm"),
    path: fields.text("path"),
    flags: fields.integer("flags"),
    result: fields.integerOrNull("result"),
  }),
  readline: (fields, origin) => ({
    kind: "readline",
    ...eventOf(fields, origin),
    comm: fields.text("comm"),
    text: fields.text("text"),
    truncated: fields.flag("truncated"),
  }),
} as const satisfies { readonly [K in FeedItem["kind"]]: Reader<Extract<FeedItem, { kind: K }>> };

type Reader<Item> = (fields: RecordFields, origin: ItemOrigin) => Item;

/**
 * Reads what `encodeFeedItem` wrote.
 * @throws RangeError whose message completes "line N …"
 */
export function decodeFeedItem(line: string, origin: ItemOrigin): FeedItem {
  const fields = new RecordFields(line);
  const kind = fields.text("kind");
  if (!Object.hasOwn(readers, kind)) throw new RangeError(`has an unknown kind ${JSON.stringify(kind)}`);
  return (readers[kind as FeedItem["kind"]] as Reader<FeedItem>)(fields, origin);
}
