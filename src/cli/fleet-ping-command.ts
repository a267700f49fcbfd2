import { systemClock } from "../fleet/clock/index.ts";
import { fleetExit } from "../fleet/model/index.ts";
import type { PingOptions } from "../fleet/ping/index.ts";
import { pingAgents, pingText } from "../fleet/ping/index.ts";
import { dialAgents } from "../fleet/transport/grpc/index.ts";
import type { AgentDialer } from "../fleet/transport/index.ts";
import { formatHostAddress, parseHostAddress, transportLimits } from "../fleet/transport/index.ts";
import { CorralError, parseDurationMs } from "../report/index.ts";
import { wholeNumber } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { refuseWithoutBroker } from "./fleet-nats-flags.ts";
import type { fleetPingFlags } from "./fleet-ping-flags.ts";
import { fleetSecurity } from "./fleet-security-flags.ts";
import { say, writeText } from "./output.ts";

type Flags = RawFlags<typeof fleetPingFlags>;

const exchangesOf = wholeNumber(1, 1000);
const countOf = wholeNumber(1, 10_000);

const wordsOf = ({ agents }: Flags): readonly string[] => (agents ?? "").split(",").filter((word) => word !== "");

/** Agents as they are called. @throws CorralError USAGE */
function agentsOf(flags: Flags): readonly string[] {
  const words = wordsOf(flags);
  if (words.length === 0)
    throw new CorralError("USAGE", "--agents names the agents to ask", {
      object: "--agents",
      fix: "give --agents HOST:PORT,HOST:PORT",
    });
  return words.map((word) => formatHostAddress(parseHostAddress(word)));
}

/** Whom to ask, and how they are reached. */
interface Asked {
  readonly agents: readonly string[];
  /** Fewer are not all. */
  readonly count: number;
}

/** Asks them. @returns 0; 4 when one did not answer, or is not there */
async function ask({ agents, count }: Asked, flags: Flags, options: PingOptions): Promise<number> {
  const document = await pingAgents(agents, options);
  writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : pingText(document));
  if (agents.length < count) say(`${agents.length} of ${count} agents are there`);
  const all = agents.length >= count && document.agents.every(({ reachable }) => reachable);
  return all ? 0 : fleetExit.unreachable;
}

/** At a broker: those that are named, or that are there. @throws CorralError USAGE, FLEET_… */
async function askAtBroker(flags: Flags, options: Omit<PingOptions, "dialer">): Promise<number> {
  const words = wordsOf(flags);
  if ((words.length === 0) === (flags.expect === undefined))
    throw new CorralError(
      "USAGE",
      "with --nats, --agents names the agents to ask, or --expect says how many there are",
      {
        object: "--nats",
        fix: "give one of them",
      },
    );
  await using dialer = (await import("./fleet-nats.ts")).openBrokerDialer(flags, fleetSecurity(flags));
  if (flags.expect === undefined)
    return await ask({ agents: words, count: words.length }, flags, { ...options, dialer });
  const count = flagValue("expect", flags.expect, countOf);
  const present = await dialer.whenPresent(count, AbortSignal.timeout(options.limitMs));
  return await ask({ agents: present.map(({ name }) => name), count }, flags, { ...options, dialer });
}

/**
 * `corral fleet ping`: asks agents for version, abilities, state and clock.
 * @returns 0; 4 when one did not answer
 * @throws CorralError USAGE, FLEET_CREDENTIALS, FLEET_INSECURE; with --nats FLEET_UNREACHABLE, FLEET_DENIED
 */
export async function fleetPingCommand(flags: Flags): Promise<number> {
  refuseWithoutBroker(flags);
  const limitMs = flagValue("timeout", flags.timeout ?? "5s", parseDurationMs);
  const exchanges = flagValue("exchanges", flags.exchanges ?? "8", exchangesOf);
  const options = { clock: systemClock(), limitMs, exchanges };
  if (flags.nats !== undefined) return await askAtBroker(flags, options);
  const agents = agentsOf(flags);
  await using dialer: AgentDialer = dialAgents({ security: fleetSecurity(flags), limits: transportLimits });
  return await ask({ agents, count: agents.length }, flags, { ...options, dialer });
}
