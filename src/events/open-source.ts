import { CorralError } from "../report/index.ts";
import { openBpfSource } from "./bpf-source.ts";
import { openConnectorSource } from "./connector-source.ts";
import type { EventSource } from "./event-source.ts";
import type { LifecycleEvent, SourceName } from "./lifecycle-event.ts";
import { openPollingSource } from "./polling-source.ts";
import type { TraceEvent } from "./trace-event.ts";

/** A cgroup v2 group, with or without the groups below it. */
export interface CgroupFilter {
  /** Inode number of its directory. */
  readonly id: bigint;
  readonly subtree: boolean;
}

export interface OpenSourceOptions {
  /**
   * `auto`: the best that can be used here; `kernel`: the best that the kernel wakes, or an error; a name: that one or an
   * error. Default `auto`.
   */
  readonly prefer?: "auto" | "kernel" | SourceName;
  /** Milliseconds between two looks at /proc, for polling. Default 1000. */
  readonly pollIntervalMs?: number;
  /** Most events that wait for the reader; more are lost and counted. Default 65,536. */
  readonly queueLimit?: number;
  /**
   * Kernel memory for events not yet read. Default 16 MiB for the proc connector, used only while the reader lags, about
   * 20,000 events; 8 MiB for bpf, about 80,000, taken at once.
   */
  readonly receiveBufferBytes?: number;
  /**
   * Also look up owner and program of each event where the source's records do not have them (the bpf source's do): about
   * 60 µs for each. Default false: they are null.
   */
  readonly details?: boolean;
  /** Only events of processes in this group, if the source can tell; else see `unmet`. Default null: all. */
  readonly cgroup?: CgroupFilter | null;
  /** Ends the source; the iteration throws its reason. */
  readonly signal?: AbortSignal;
}

export interface TraceSourceOptions extends OpenSourceOptions {
  /** Also tell which files are opened. Default false. */
  readonly opens?: boolean;
  /** Also tell the lines that bash reads from its terminal. Default false. */
  readonly readline?: boolean;
  /**
   * For how many milliseconds an event may be told late, as long as nobody is in a hurry: events that come together are read at once
   * then, by the bpf source. Asked for each first one. Default 0.
   */
  readonly leisureMs?: () => number;
}

/** A source that was not taken, and why. */
export interface RefusedSource {
  readonly name: SourceName;
  readonly reason: string;
}

/** Something that was asked for and that the source does not do. */
export interface UnmetWish {
  /** `cgroup`: events of all groups are told, filter them. The others: there are no such events. */
  readonly wish: "cgroup" | "opens" | "readline";
  readonly reason: string;
}

/** A source with the grounds on which it was chosen. */
export interface OpenedSource<E extends TraceEvent = LifecycleEvent> {
  readonly source: EventSource<E>;
  /** One clause for people. */
  readonly reason: string;
  /** Better sources that cannot be used here, best first; empty when one was asked for by name. */
  readonly refused: readonly RefusedSource[];
  readonly unmet: readonly UnmetWish[];
}

type Opened = Pick<OpenedSource<TraceEvent>, "source" | "unmet">;

const reasons: Readonly<Record<SourceName, string>> = {
  bpf: "the kernel tells every fork, exec and exit, with owner and command line",
  "proc connector": "the kernel tells every fork, exec and exit",
  polling: "it works everywhere, but misses what lives shorter than its interval",
};

const plainBytes = { connector: 16 * 2 ** 20, ring: 8 * 2 ** 20 } as const;

/** What only the bpf source could do. */
function unmetWithoutBpf(name: SourceName, options: TraceSourceOptions): UnmetWish[] {
  const reason = `the source is ${name}: only bpf can`;
  const { cgroup = null, opens = false, readline = false } = options;
  return [
    ...(cgroup === null ? [] : [{ wish: "cgroup", reason } as const]),
    ...(opens ? [{ wish: "opens", reason } as const] : []),
    ...(readline ? [{ wish: "readline", reason } as const] : []),
  ];
}

function openByName(name: SourceName, options: TraceSourceOptions): Opened {
  const { pollIntervalMs = 1000, queueLimit = 65_536, receiveBufferBytes, details = false } = options;
  const common = { queueLimit, signal: options.signal ?? null };
  if (name === "bpf") {
    const { cgroup = null, opens = false, readline = false, leisureMs = () => 0 } = options;
    const ringBytes = receiveBufferBytes ?? plainBytes.ring;
    return openBpfSource({ ...common, ringBytes, cgroup, opens, readline, leisureMs });
  }
  const source =
    name === "polling"
      ? openPollingSource({ ...common, details, pollIntervalMs })
      : openConnectorSource({ ...common, details, receiveBufferBytes: receiveBufferBytes ?? plainBytes.connector });
  return { source, unmet: unmetWithoutBpf(name, options) };
}

/** Sources that may be refused, best first. */
const candidates: readonly SourceName[] = ["bpf", "proc connector"];

function toRefusal(name: SourceName, { message, found }: CorralError): RefusedSource {
  const reason = found === null || message.includes(found) ? message : `${message} (${found})`;
  return { name, reason };
}

/** The best source whose opening succeeds; polling always can. */
function openBest(options: TraceSourceOptions, orPolling: boolean): OpenedSource<TraceEvent> {
  const refused: RefusedSource[] = [];
  let last: CorralError | null = null;
  for (const name of candidates) {
    try {
      return { ...openByName(name, options), reason: reasons[name], refused };
    } catch (thrown) {
      last = CorralError.from(thrown);
      refused.push(toRefusal(name, last));
    }
  }
  if (!orPolling && last !== null) throw last;
  return { ...openByName("polling", options), reason: reasons.polling, refused };
}

/**
 * Opens a source of the lifecycle events of the whole host, and of what else was asked for. The opening itself is the
 * probe: nothing else tells for sure.
 * @throws CorralError NATIVE_MISSING or NATIVE_CALL when the source asked for cannot be used; of `kernel`, as the last of
 *   them does
 */
export async function openTraceSource(options: TraceSourceOptions = {}): Promise<OpenedSource<TraceEvent>> {
  options.signal?.throwIfAborted();
  const { prefer = "auto" } = options;
  if (prefer === "auto" || prefer === "kernel") return openBest(options, prefer === "auto");
  return { ...openByName(prefer, options), reason: "it was asked for", refused: [] };
}

/**
 * Opens a source of lifecycle events alone, as `openTraceSource` does.
 * @throws CorralError as it does
 */
export async function openEventSource(options: OpenSourceOptions = {}): Promise<OpenedSource> {
  const opened = await openTraceSource({ ...options, opens: false, readline: false });
  return opened as OpenedSource;
}
