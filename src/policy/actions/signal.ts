import type { ProcessIdentity } from "../../kernel/index.ts";
import { isNodeProgram, signalDisposition, signalName, signalNumbers, signalProcess } from "../../kernel/index.ts";
import type { Outcome } from "../model/index.ts";
import type { Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";

const { SIGUSR1 = 10, SIGUSR2 = 12 } = signalNumbers;
const firstRealtime = 32;

/** Signals that mean what sender and receiver agreed on; without a handler they end the process (signal(7)). */
const isNotice = (signal: number): boolean => signal === SIGUSR1 || signal === SIGUSR2 || signal >= firstRealtime;

/** Why a signal must not be sent, or null. */
function whyNot(pid: number, signal: number): string | null {
  const name = signalName(signal) ?? `signal ${signal}`;
  if (signal === SIGUSR1 && isNodeProgram(pid)) return `${name} would open the inspector of this Node.js process`;
  if (isNotice(signal) && signalDisposition(pid, signal) === "default")
    return `${name} would end the process: it has no handler for it`;
  return null;
}

const endings: Readonly<
  Record<ReturnType<typeof signalProcess>, { outcome: Outcome; reason: string; errno: string | null }>
> = {
  sent: { outcome: "applied", reason: "the signal was sent", errno: null },
  gone: { outcome: "exited_before", reason: "the process had ended", errno: "ESRCH" },
  refused: { outcome: "rejected", reason: "the process belongs to somebody else (EPERM)", errno: "EPERM" },
};

/** A signal through a pidfd (pidfd_send_signal(2)). */
export function prepareSignal(signal: number, identity: ProcessIdentity): Step | Refusal {
  const name = signalName(signal);
  if (name === null) return refuse("rejected", `${signal} is no signal`);
  const why = whyNot(identity.pid, signal);
  if (why !== null) return refuse("rejected", why);
  return {
    plan: `send ${name}`,
    affected: null,
    gain: null,
    async run() {
      const requestedNs = nowNs();
      // The program may have been replaced since: asked again once the process is pinned.
      const { outcome, reason, errno } =
        endings[signalProcess(identity, signal, () => whyNot(identity.pid, signal) === null)];
      return done(outcome, outcome === "applied" ? `${name} was sent` : reason, requestedNs, { errno });
    },
  };
}
