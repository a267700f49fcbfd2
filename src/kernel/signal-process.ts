import { errnoOf } from "../report/index.ts";
import { signalName, signalNumber } from "./constants.ts";
import { loadAddon } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";
import type { ProcessIdentity } from "./procfs.ts";
import { isSameProcess, openProcess } from "./procfs.ts";

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
  signal: NodeJS.Signals | number,
  stillMeant: () => boolean = () => true,
): Delivery {
  const number = typeof signal === "number" ? signal : (signalNumber(signal) ?? 0);
  const addon = loadAddon();
  if (addon === null) {
    if (!isSameProcess(identity) || !stillMeant()) return "gone";
    return deliver(() => process.kill(identity.pid, signalName(number) ?? number));
  }
  const pidfd = openProcess(identity);
  if (pidfd === null) return "gone";
  try {
    return stillMeant() ? deliver(() => addon.pidfdSendSignal(pidfd, number)) : "gone";
  } finally {
    addon.close(pidfd);
  }
}
