import type { ProcessIdentity } from "../../kernel/index.ts";
import { isSameProcess, loadAddon, nativeErrno, openProcess, signalNumber } from "../../kernel/index.ts";
import { errnoOf } from "../../report/index.ts";

/** What became of a signal. `refused`: the process is somebody else's. */
export type Delivery = "sent" | "gone" | "refused";

function deliver(send: () => void): Delivery {
  try {
    send();
    return "sent";
  } catch (thrown) {
    const errno = nativeErrno(thrown) ?? errnoOf(thrown);
    if (errno === "ESRCH") return "gone";
    if (errno === "EPERM") return "refused";
    throw thrown;
  }
}

/**
 * Sends a signal to exactly this process, through a pidfd; without the addon by its pid, after a last look.
 * @param stillMeant asked when the process is pinned, so that it cannot be mistaken for another with its pid
 */
export function signalProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  stillMeant: () => boolean = () => true,
): Delivery {
  const addon = loadAddon();
  if (addon === null) {
    if (!isSameProcess(identity) || !stillMeant()) return "gone";
    return deliver(() => process.kill(identity.pid, signal));
  }
  const pidfd = openProcess(identity);
  if (pidfd === null) return "gone";
  try {
    return stillMeant() ? deliver(() => addon.pidfdSendSignal(pidfd, signalNumber(signal) ?? 0)) : "gone";
  } finally {
    addon.close(pidfd);
  }
}
