import { LineWriter, makeRoom } from "../../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { FeedItem, FeedOrigin } from "../feed-item.ts";
import { encodeFeedItem } from "./encode-item.ts";
import { encodeEnd, encodeHeader } from "./recording-frame.ts";

/** Every version of a recording begins with this. */
const ours = { beginning: '{"schema":"corral.event-recording/', what: "a recording of events" } as const;

/** A recording that is being written. Every call throws CorralError RECORDING when the file takes no more. */
export interface EventRecording {
  /** Where an earlier recording that was in the way is now; null when there was none. */
  readonly movedTo: string | null;
  /** Adds an item; it is in the file after the next `flush` at the latest. */
  write(item: FeedItem): void;
  flush(): void;
  /** Writes the mark of the end, without which a reader takes the recording for cut off, and closes the file. */
  end(timestampNs: bigint): void;
  /** Closes the file without that mark. Does nothing after `end`. */
  abandon(): void;
}

const unwritable = (file: string, cause: unknown): CorralError =>
  new CorralError("RECORDING", `cannot write the recording ${quote(file)}: ${errnoOf(cause) ?? "error"}`, {
    object: file,
    cause,
    fix: "choose a file in a directory you can write to, on a file system with room",
  });

function roomFor(file: string): string | null {
  try {
    return makeRoom(file, ours);
  } catch (thrown) {
    throw thrown instanceof CorralError ? thrown : unwritable(file, thrown);
  }
}

/**
 * Begins a recording in a file for its owner alone (mode 0600). An earlier recording there is moved to the first free `FILE.N`.
 * @param version of Corral, for the first line
 * @throws CorralError RECORDING when the file cannot be written, RECORDS_FOREIGN when it holds something else than a recording
 */
export function openEventRecording(file: string, origin: FeedOrigin, version: string): EventRecording {
  const movedTo = roomFor(file);
  const lines = new LineWriter(file, (cause) => unwritable(file, cause));
  let items = 0;
  const recording: EventRecording = {
    movedTo,
    write: (item) => {
      lines.add(encodeFeedItem(item));
      items += 1;
    },
    flush: () => lines.flush(),
    end: (timestampNs) => {
      lines.add(encodeEnd({ timestampNs, items }));
      lines.end();
    },
    abandon: () => lines.abandon(),
  };
  try {
    lines.add(encodeHeader(origin, version));
    lines.flush();
  } catch (thrown) {
    lines.abandon();
    throw thrown;
  }
  return recording;
}
