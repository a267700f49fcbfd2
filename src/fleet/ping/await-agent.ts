import { CorralError } from "../../report/index.ts";
import type { AgentDialer } from "../transport/index.ts";

const pauseMs = 250;

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, pauseMs);
  });

/**
 * Waits until an agent answers. What gets no better by waiting, such as a wrong token, ends it at once.
 * @param limitMs for all of it
 * @throws CorralError why the last attempt failed
 */
export async function awaitAgent(agent: string, dialer: AgentDialer, limitMs: number): Promise<void> {
  const over = new AbortController();
  const silent = new CorralError("FLEET_UNREACHABLE", `${agent} did not answer within ${limitMs} ms`, {
    object: agent,
    fix: "check that nothing between here and there drops what is sent to that port",
  });
  let last = silent;
  const timer = setTimeout(() => over.abort(last), limitMs);
  try {
    for (;;) {
      try {
        await dialer.ping(agent, over.signal);
        return;
      } catch (thrown) {
        const error = CorralError.from(thrown);
        if (over.signal.aborted || error.code !== "FLEET_UNREACHABLE") throw error;
        last = error;
      }
      await pause();
    }
  } finally {
    clearTimeout(timer);
  }
}
