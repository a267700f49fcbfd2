import { CorralError } from "../report/index.ts";
import { openConnectorSource } from "./connector-source.ts";
import type { EventSource } from "./event-source.ts";
import type { SourceName } from "./lifecycle-event.ts";
import { openPollingSource } from "./polling-source.ts";

export interface OpenSourceOptions {
  /** `auto`: the best that can be used here; a name: that one or an error. Default `auto`. */
  readonly prefer?: "auto" | SourceName;
  /** Milliseconds between two looks at /proc, for polling. Default 1000. */
  readonly pollIntervalMs?: number;
  /** Most events that wait for the reader; more are lost and counted. Default 65,536. */
  readonly queueLimit?: number;
  /** Kernel memory for events not yet read, used only while the reader lags. Default 16 MiB, about 20,000 events. */
  readonly receiveBufferBytes?: number;
  /** Ends the source; the iteration throws its reason. */
  readonly signal?: AbortSignal;
}

/** A source that was not taken, and why. */
export interface RefusedSource {
  readonly name: SourceName;
  readonly reason: string;
}

/** A source with the grounds on which it was chosen. */
export interface OpenedSource {
  readonly source: EventSource;
  /** One clause for people. */
  readonly reason: string;
  /** Better sources that cannot be used here, best first; empty when one was asked for by name. */
  readonly refused: readonly RefusedSource[];
}

const reasons: Readonly<Record<SourceName, string>> = {
  "proc connector": "the kernel tells every fork, exec and exit",
  polling: "it works everywhere, but misses what lives shorter than its interval",
};

function openByName(name: SourceName, options: OpenSourceOptions): EventSource {
  const { pollIntervalMs = 1000, queueLimit = 65_536, receiveBufferBytes = 16 * 2 ** 20 } = options;
  const signal = options.signal ?? null;
  return name === "polling"
    ? openPollingSource({ pollIntervalMs, queueLimit, signal })
    : openConnectorSource({ receiveBufferBytes, queueLimit, signal });
}

/** The best source whose opening succeeds; polling always can. */
function openBest(options: OpenSourceOptions): OpenedSource {
  try {
    const source = openByName("proc connector", options);
    return { source, reason: reasons[source.name], refused: [] };
  } catch (thrown) {
    const { message, found } = CorralError.from(thrown);
    const reason = found === null || message.includes(found) ? message : `${message} (${found})`;
    const refused = [{ name: "proc connector", reason }] as const;
    return { source: openByName("polling", options), reason: reasons.polling, refused };
  }
}

/**
 * Opens a source of lifecycle events of the whole host. The opening itself is the probe: nothing else tells for sure.
 * @throws CorralError NATIVE_MISSING or NATIVE_CALL when the source asked for by name cannot be used
 */
export async function openEventSource(options: OpenSourceOptions = {}): Promise<OpenedSource> {
  options.signal?.throwIfAborted();
  const { prefer = "auto" } = options;
  if (prefer === "auto") return openBest(options);
  return { source: openByName(prefer, options), reason: "it was asked for", refused: [] };
}
