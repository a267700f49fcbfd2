import type { FeedOrigin } from "../feed-item.ts";
import type { SourceName } from "../lifecycle-event.ts";
import type { UnmetWish } from "../open-source.ts";
import { RecordFields } from "./record-fields.ts";

/** The first line of every recording names the form of the rest. */
const schema = "corral.event-recording/1";

/** The first line of a recording. */
export function encodeHeader(origin: FeedOrigin, version: string): string {
  return JSON.stringify({
    schema,
    corral: version,
    source: origin.source,
    poll_interval_ms: origin.pollIntervalMs,
    refused: origin.refused.map(({ name, reason }) => ({ name, reason })),
    unmet: origin.unmet.map(({ wish, reason }) => ({ wish, reason })),
    opens: origin.opens,
    readline: origin.readline,
    cgroup: origin.cgroup,
    host: origin.host,
    boot_id: origin.bootId,
    start_ns: String(origin.startNs),
    start_time: origin.startTime,
    start_ticks: origin.startTicks,
  });
}

const sources: readonly SourceName[] = ["bpf", "proc connector", "polling"];
const wishes: readonly UnmetWish["wish"][] = ["cgroup", "opens", "readline"];

function oneOf<T extends string>(text: string, all: readonly T[], what: string): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw new RangeError(`names an unknown ${what} ${JSON.stringify(text)}`);
  return found;
}

/** @throws RangeError whose message completes "line 1 …" */
export function decodeHeader(line: string): FeedOrigin {
  const fields = new RecordFields(line);
  const found = fields.text("schema");
  if (found !== schema) throw new RangeError(`is of the form ${JSON.stringify(found)}, not ${schema}`);
  const source = (name: string): SourceName => oneOf(name, sources, "source");
  return {
    source: source(fields.text("source")),
    pollIntervalMs: fields.isNull("poll_interval_ms") ? null : fields.integer("poll_interval_ms"),
    refused: fields.list("refused").map((one) => ({ name: source(one.text("name")), reason: one.text("reason") })),
    unmet: fields
      .list("unmet")
      .map((one) => ({ wish: oneOf(one.text("wish"), wishes, "wish"), reason: one.text("reason") })),
    opens: fields.flag("opens"),
    readline: fields.flag("readline"),
    cgroup: fields.textOrNull("cgroup"),
    host: fields.text("host"),
    bootId: fields.text("boot_id"),
    startNs: fields.big("start_ns"),
    startTime: fields.text("start_time"),
    startTicks: fields.integer("start_ticks"),
  };
}

/** The last line: a recording without it was cut off. */
export interface RecordingEnd {
  /** CLOCK_MONOTONIC when the recording was ended. */
  readonly timestampNs: bigint;
  /** Items before it. */
  readonly items: number;
}

export const encodeEnd = ({ timestampNs, items }: RecordingEnd): string =>
  JSON.stringify({ kind: "end", timestamp_ns: String(timestampNs), items });

/** The end that a line is, null for a line that is none. */
export function decodeEnd(line: string): RecordingEnd | null {
  if (!line.startsWith('{"kind":"end"')) return null;
  const fields = new RecordFields(line);
  return { timestampNs: fields.big("timestamp_ns"), items: fields.integer("items") };
}
