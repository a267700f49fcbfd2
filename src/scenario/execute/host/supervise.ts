import type { ExitInfo } from "../../../kernel/index.ts";
import { identityOf, observeProcess, signalName } from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { Death, Supervised } from "../ports.ts";

/** How long the parent of a process that ended may take to reap it, so that the kernel tells its status. */
const reapWaitMs = 100;

export function deathOf({ code, signal }: ExitInfo): Death {
  if (signal !== null) return { how: "crashed", reason: `killed by ${signalName(signal) ?? `signal ${signal}`}` };
  if (code === null) return { how: "unknown", reason: "" };
  return { how: code === 0 ? "exited" : "crashed", reason: `exit status ${code}` };
}

/**
 * A process of somebody's that must live as long as a run: its end is told by pidfd.
 * @throws CorralError PROCESS_GONE when it has ended already
 */
export function superviseProcess(pid: number, name = `process ${pid}`): Supervised {
  const identity = identityOf(pid);
  const observed = identity === null ? null : observeProcess(identity, { reapTimeoutMs: reapWaitMs, events: null });
  if (observed === null) throw new CorralError("PROCESS_GONE", `there is no process ${pid}`, { object: String(pid) });
  return { name, pid, ended: observed.exit.then(deathOf), release: () => observed.release() };
}
