import { closeSync, constants, openSync, writeSync } from "node:fs";
import { parsePressure, tryReadControl } from "../../cgroup/index.ts";
import type { FdWatcher, NativeAddon } from "../../kernel/index.ts";
import { fdEvents, loadAddon } from "../../kernel/index.ts";
import { errnoOf } from "../../report/index.ts";
import type { Threshold, TriggerAttempt } from "./psi-plan.ts";
import { triggerAttempts } from "./psi-plan.ts";
import type { Sink, Source } from "./source.ts";

export type Stall = "some" | "full";

/** Total stall that a pressure file counts, in microseconds; null when it cannot be read or has no such line. */
export function readStallUs(file: string, stall: Stall): number | null {
  const totals = parsePressure(tryReadControl(file));
  return totals === null ? null : stall === "some" ? totals.some_us : totals.full_us;
}

/** Refusals that another window may overcome. */
const worthAnother = new Set(["EINVAL", "EPERM"]);

interface OpenTrigger {
  readonly fd: number;
  readonly attempt: TriggerAttempt;
}

function openOne(file: string, stall: Stall, { stallUs, windowUs }: Threshold): number {
  const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    // The kernel cuts off the last byte.
    writeSync(fd, `${stall} ${stallUs} ${windowUs}\n`);
    return fd;
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

function openTrigger(file: string, stall: Stall, asked: Threshold): OpenTrigger | { readonly refused: string } {
  let refused = "no threshold was taken";
  for (const attempt of triggerAttempts(asked)) {
    try {
      return { fd: openOne(file, stall, attempt), attempt };
    } catch (thrown) {
      const errno = errnoOf(thrown) ?? String(thrown);
      refused = `the kernel refuses a trigger on ${file} (${errno})`;
      if (!worthAnother.has(errno)) break;
    }
  }
  return { refused };
}

/** @throws CorralError NATIVE_CALL; the descriptor is closed then */
function watchPriority(addon: NativeAddon, fd: number, onEvent: (status: number) => void): FdWatcher {
  try {
    const watcher = addon.watchFd(fd, fdEvents.priority, (_events, status) => onEvent(status));
    watcher.unref();
    return watcher;
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

/** Events come at most once per window, with some delay. */
const quietShare = 1.2;

/**
 * Tells the stall of a window whenever it was enough to fire the trigger, and 0 once a window has passed without.
 * @returns why there can be no trigger, when there can be none
 */
export function openPsiTrigger(
  file: string,
  stall: Stall,
  asked: Threshold,
  sink: Sink<number>,
): Source | { readonly refused: string } {
  const addon = loadAddon();
  if (addon === null) return { refused: "waiting for a trigger needs the native addon" };
  const opened = openTrigger(file, stall, asked);
  if ("refused" in opened) return opened;
  const { fd, attempt } = opened;
  let last = readStallUs(file, stall) ?? 0;
  let quiet: NodeJS.Timeout | null = null;
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    if (quiet !== null) clearTimeout(quiet);
    clearImmediate(first);
    watcher.close();
    closeSync(fd);
  };
  const end = (reason: string): void => {
    close();
    sink.end(reason);
  };
  const tellQuiet = (): void => {
    quiet = null;
    last = readStallUs(file, stall) ?? last;
    sink.value(0);
  };
  const onFired = (): void => {
    const total = readStallUs(file, stall);
    // A group that was removed: its descriptor would report for ever.
    if (total === null) return end(`${file} is gone`);
    // After a quiet time the difference holds stall from before the window too.
    const value = Math.min(attempt.windowUs, Math.max(attempt.stallUs, total - last));
    last = total;
    if (quiet !== null) clearTimeout(quiet);
    quiet = setTimeout(tellQuiet, (attempt.windowUs * quietShare) / 1000);
    quiet.unref();
    sink.value(value);
  };
  const watcher = watchPriority(addon, fd, (status) =>
    status === 0 ? onFired() : end(`${file} can no longer be watched`),
  );
  // Nobody has been stalled so far, as far as the trigger tells.
  const first = setImmediate(() => sink.value(0));
  first.unref();
  const window = `${attempt.stallUs} us of ${stall} stall within ${attempt.windowUs / 1_000_000} s`;
  const reason = attempt.adjusted === null ? window : `${window}: ${attempt.adjusted}`;
  return { means: { mechanism: "psi trigger", reason }, close };
}
