import { systemClock } from "../fleet/clock/index.ts";
import { fleetExit } from "../fleet/model/index.ts";
import { pingAgents, pingText } from "../fleet/ping/index.ts";
import { dialAgents } from "../fleet/transport/grpc/index.ts";
import { formatHostAddress, parseHostAddress, transportLimits } from "../fleet/transport/index.ts";
import { CorralError, parseDurationMs } from "../report/index.ts";
import { wholeNumber } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { fleetPingFlags } from "./fleet-ping-flags.ts";
import { fleetSecurity } from "./fleet-security-flags.ts";
import { writeText } from "./output.ts";

type Flags = RawFlags<typeof fleetPingFlags>;

const exchangesOf = wholeNumber(1, 1000);

/** Agents as they are called. @throws CorralError USAGE */
function agentsOf({ agents }: Flags): readonly string[] {
  const words = (agents ?? "").split(",").filter((word) => word !== "");
  if (words.length === 0)
    throw new CorralError("USAGE", "--agents names the agents to ask", {
      object: "--agents",
      fix: "give --agents HOST:PORT,HOST:PORT",
    });
  return words.map((word) => formatHostAddress(parseHostAddress(word)));
}

/**
 * `corral fleet ping`: asks agents for version, abilities, state and clock.
 * @returns 0; 4 when one did not answer
 * @throws CorralError USAGE, FLEET_CREDENTIALS
 */
export async function fleetPingCommand(flags: Flags): Promise<number> {
  const agents = agentsOf(flags);
  const limitMs = flagValue("timeout", flags.timeout ?? "5s", parseDurationMs);
  const exchanges = flagValue("exchanges", flags.exchanges ?? "8", exchangesOf);
  await using dialer = dialAgents({ security: fleetSecurity(flags), limits: transportLimits });
  const document = await pingAgents(agents, { dialer, clock: systemClock(), limitMs, exchanges });
  writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : pingText(document));
  return document.agents.every(({ reachable }) => reachable) ? 0 : fleetExit.unreachable;
}
