import type { EventSource, ExitEvent } from "../../events/index.ts";
import { openEventSource } from "../../events/index.ts";
import type { ExitEvents, ProcessIdentity } from "../../kernel/index.ts";

/** How long an event may be under way when the process is seen to have ended. */
const eventMs = 500;

interface Listener {
  readonly identity: ProcessIdentity;
  readonly tell: (status: number | null) => void;
}

const listeners = new Map<number, Set<Listener>>();
/** One source for all processes that this Corral watches; null while it watches none. */
let source: Promise<EventSource | null> | null = null;

function onExit({ tgid, identity, status }: ExitEvent): void {
  for (const listener of listeners.get(tgid) ?? []) {
    // Without a start time the event is that of whoever has the pid, whose listener is still here.
    if (identity === null || identity.startTicks === listener.identity.startTicks) listener.tell(status);
  }
}

async function openConnector(): Promise<EventSource | null> {
  try {
    const opened = await openEventSource({ prefer: "proc connector" });
    void read(opened.source);
    return opened.source;
  } catch {
    // Not permitted, or not in this kernel: the status stays unknown.
    return null;
  }
}

async function read(events: EventSource): Promise<void> {
  try {
    for await (const event of events) if (event.kind === "exit") onExit(event);
  } catch {
    // The kernel has ended it: whoever listens gets no answer in time.
  }
}

function closeWhenIdle(): void {
  if (listeners.size > 0 || source === null) return;
  const closing = source;
  source = null;
  void closing.then((events) => events?.close());
}

/** Listens for the exit of one process over the proc connector; null where that cannot be opened. */
export async function listenForExit(identity: ProcessIdentity): Promise<ExitEvents | null> {
  let tell: (status: number | null) => void = () => {};
  const told = new Promise<number | null>((resolve) => {
    tell = resolve;
  });
  const listener: Listener = { identity, tell };
  const { pid } = identity;
  const here = listeners.get(pid) ?? new Set();
  listeners.set(pid, here.add(listener));
  const close = (): void => {
    here.delete(listener);
    if (here.size === 0 && listeners.get(pid) === here) listeners.delete(pid);
    closeWhenIdle();
  };
  source ??= openConnector();
  if ((await source) === null) {
    close();
    return null;
  }
  return {
    status: () => {
      const timer = setTimeout(() => tell(null), eventMs);
      return told.finally(() => clearTimeout(timer));
    },
    close,
  };
}
