import { toByteString } from "./byte-text.ts";
import { loadAddon } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";

/** Whether a notification was handed to the service manager and, if not, why: nobody need care. */
export interface NotifyResult {
  readonly sent: boolean;
  /** Null when it was sent. */
  readonly reason: string | null;
}

const notSent = (reason: string): NotifyResult => ({ sent: false, reason });

/**
 * Tells systemd the state of this service, `READY=1`, `WATCHDOG=1`, `STATUS=…` one per line (sd_notify(3)). Never
 * throws and never waits: without `NOTIFY_SOCKET`, without the addon, and when nobody listens the result says so.
 */
export function notifySystemd(text: string, environment: Readonly<NodeJS.ProcessEnv> = process.env): NotifyResult {
  const address = environment["NOTIFY_SOCKET"] ?? "";
  if (address === "") return notSent("NOTIFY_SOCKET is not set");
  if (!/^[/@]./.test(address)) return notSent("NOTIFY_SOCKET is neither a path nor an abstract name");
  const addon = loadAddon();
  if (addon === null) return notSent("the native addon is missing");
  try {
    addon.sendDatagram(toByteString(address), text);
    return { sent: true, reason: null };
  } catch (thrown) {
    return notSent(`nothing can be sent to ${address}: ${nativeErrno(thrown) ?? String(thrown)}`);
  }
}
