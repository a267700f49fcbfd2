import type { Broker } from "./broker.ts";
import type { PresentAgent } from "./greetings.ts";
import { readPresence } from "./greetings.ts";
import { noBytes } from "./letter.ts";
import type { Msg } from "./nats-client.ts";

/** Between two calls: who was connecting again has not heard the one before. */
const againMs = 1000;

/**
 * Calls the roll, and waits until so many agents are there, or until the signal.
 * @returns those that are, by their names
 */
export function callRoll(broker: Broker, count: number, signal?: AbortSignal): Promise<readonly PresentAgent[]> {
  const present = new Map<string, PresentAgent>();
  return new Promise((resolve) => {
    const take = ({ data }: Msg): void => {
      const presence = readPresence(data);
      if (presence === null) return;
      const { isThere, ...agent } = presence;
      if (isThere) present.set(agent.name, agent);
      else present.delete(agent.name);
      if (present.size >= count) end();
    };
    const answers = broker.listenApart(take);
    const endNews = broker.listen(broker.subjects.presence, take);
    const call = (): void => broker.call(broker.subjects.roll, noBytes, answers.subject);
    const timer = setInterval(call, againMs);
    const end = (): void => {
      clearInterval(timer);
      answers.end();
      endNews();
      signal?.removeEventListener("abort", end);
      resolve([...present.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    };
    if (signal?.aborted === true) return end();
    signal?.addEventListener("abort", end);
    return call();
  });
}
