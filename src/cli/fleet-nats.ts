import type { AgentDoor, AgentService, TransportSecurity } from "../fleet/transport/index.ts";
import { readSecretFile, transportLimits } from "../fleet/transport/index.ts";
import type { BrokerDialer, BrokerOptions, NatsDoorOptions } from "../fleet/transport/nats/index.ts";
import {
  checkFleetName,
  defaultFleet,
  dialOverNats,
  parseBrokerAddress,
  serveOverNats,
} from "../fleet/transport/nats/index.ts";
import { hostName } from "../kernel/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetNatsFlags } from "./fleet-nats-flags.ts";

/** Loaded with --nats only: the client of the broker is in a file of its own. */

type Flags = RawFlags<typeof fleetNatsFlags>;

/** @throws CorralError USAGE, FLEET_CREDENTIALS */
function brokerOptions(flags: Flags, security: TransportSecurity, name: string): BrokerOptions {
  const creds = flags["nats-creds"];
  return {
    address: parseBrokerAddress(flags.nats ?? ""),
    fleet: checkFleetName(flags.fleet ?? defaultFleet),
    name,
    security,
    credentials: creds === undefined ? null : readSecretFile(creds),
    limits: transportLimits,
  };
}

/** A controller's way to agents over a broker. @throws CorralError USAGE, FLEET_CREDENTIALS, FLEET_INSECURE */
export const openBrokerDialer = (flags: Flags, security: TransportSecurity): BrokerDialer =>
  dialOverNats(brokerOptions(flags, security, `controller ${process.pid} on ${hostName()}`));

/** An agent at a broker. @throws CorralError USAGE, FLEET_CREDENTIALS, FLEET_INSECURE */
export const openBrokerDoor = (
  flags: Flags,
  agent: AgentService,
  rest: Pick<NatsDoorOptions, "security" | "name" | "onChange">,
): AgentDoor => serveOverNats(agent, { ...brokerOptions(flags, rest.security, rest.name), ...rest });
