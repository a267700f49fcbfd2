import type { FleetFile } from "../fleet/config/index.ts";
import { dialAgents, openGate } from "../fleet/transport/grpc/index.ts";
import type { AgentDialer, TransportSecurity } from "../fleet/transport/index.ts";
import { parseHostAddress, readSecurity, transportLimits } from "../fleet/transport/index.ts";
import { CorralError } from "../report/index.ts";
import { wholeNumber } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { fleetRunFlags } from "./fleet-flags.ts";
import { refuseWithoutBroker } from "./fleet-nats-flags.ts";
import { say } from "./output.ts";

type Flags = RawFlags<typeof fleetRunFlags>;

const mostExpected = 10_000;

/** By flags first and by the file for the rest. @throws CorralError FLEET_CREDENTIALS, USAGE */
const securityOf = (flags: Flags, { security: file = {} }: FleetFile): TransportSecurity =>
  readSecurity({
    tokenFile: flags["token-file"] ?? file.token_file,
    ca: flags["tls-ca"] ?? file.ca,
    certificate: flags["tls-cert"] ?? file.cert,
    key: flags["tls-key"] ?? file.key,
    serverName: flags["server-name"] ?? file.server_name,
    tls: flags.tls ?? file.tls,
    insecure: flags.insecure ?? file.insecure,
  });

/**
 * The way to the agents of a run: they are called, come to the gate, or are at a broker.
 * @throws CorralError FLEET_CREDENTIALS, FLEET_INSECURE, LISTEN_FAILED, USAGE
 */
export async function openDialer(flags: Flags, file: FleetFile): Promise<AgentDialer> {
  refuseWithoutBroker(flags);
  const security = securityOf(flags, file);
  const limits = transportLimits;
  if (flags.nats !== undefined) {
    if (flags.gate !== undefined)
      throw new CorralError("USAGE", "--gate and --nats are two ways to agents", { object: "--nats", fix: "give one" });
    return (await import("./fleet-nats.ts")).openBrokerDialer(flags, security);
  }
  const gate = flags.gate ?? file.gate;
  return gate === undefined
    ? dialAgents({ security, limits })
    : openGate({ address: parseHostAddress(gate), security, limits });
}

/**
 * With --expect: waits until so many agents are at the broker.
 * @returns flags that name those that are; without --expect the same
 * @throws CorralError FLEET_CREDENTIALS, FLEET_DENIED, FLEET_INSECURE, FLEET_UNREACHABLE, USAGE
 */
export async function withExpectedAgents(flags: Flags, file: FleetFile): Promise<Flags> {
  refuseWithoutBroker(flags);
  if (flags.expect === undefined) return flags;
  const count = flagValue("expect", flags.expect, wholeNumber(1, mostExpected));
  if (flags.agents !== undefined)
    throw new CorralError("USAGE", "--agents names agents, and --expect takes who is there", {
      object: "--expect",
      fix: "give one of them",
    });
  await using dialer = (await import("./fleet-nats.ts")).openBrokerDialer(flags, securityOf(flags, file));
  if (flags.quiet !== true) say(`waiting for ${count} agents`);
  const present = await dialer.whenPresent(count);
  const { expect: _, ...others } = flags;
  return { ...others, agents: present.map(({ name }) => name).join(",") };
}
