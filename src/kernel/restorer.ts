import { CorralError } from "../report/index.ts";
import type { TiedHelper } from "./tied-helper.ts";
import { standStillMs, startTiedHelper } from "./tied-helper.ts";

/** Files to be put back, in this order. */
export interface RestorerRequest {
  /** Milliseconds after which it is done whether or not this process lives; null: only when it has died. */
  readonly afterMs: number | null;
  readonly writes: readonly { readonly path: string; readonly value: string }[];
  /** A file that is not there is passed over: its group has gone. Default: it is an error. */
  readonly mayLack?: boolean;
  /** Milliseconds for which the event loop stands still at most until it is ready. Default: 20. */
  readonly heldUpMs?: number;
}

/** The byte with which the launcher says that it holds every file open. */
const ready = "r";

/**
 * Starts a process that writes files when this process dies, KILL included, or when the time is over. The files are open
 * once this resolves, so that what is written to is what is there now. Say `goodbye()` to leave them alone.
 * @throws CorralError NATIVE_MISSING without a launcher, NATIVE_CALL when it cannot be spawned or cannot open a file
 */
export async function startRestorer({
  afterMs,
  writes,
  mayLack = false,
  heldUpMs = standStillMs,
}: RestorerRequest): Promise<TiedHelper> {
  const option = mayLack ? "--write-if-there" : "--write";
  const files = writes.flatMap(({ path, value }) => [option, path, value]);
  const { helper, said } = await startTiedHelper(
    ["restore", "--after-ms", String(afterMs ?? -1), ...files],
    true,
    heldUpMs,
  );
  if (said === ready) return helper;
  helper.goodbye();
  throw new CorralError(
    "NATIVE_CALL",
    `no helper could be started that would restore ${writes[0]?.path ?? "nothing"}`,
    {
      object: "corral-launch restore",
      found: said === null ? "it was not ready in time" : `it said ${JSON.stringify(said)} and ended`,
    },
  );
}
