import type { FleetFile } from "../fleet/config/index.ts";
import { dialAgents, openGate } from "../fleet/transport/grpc/index.ts";
import type { AgentDialer } from "../fleet/transport/index.ts";
import { parseHostAddress, readSecurity, transportLimits } from "../fleet/transport/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetRunFlags } from "./fleet-flags.ts";

/**
 * The way to the agents of a run, by flags first and by the file for the rest: they are called, or come to the gate.
 * @throws CorralError FLEET_CREDENTIALS, FLEET_INSECURE, LISTEN_FAILED, USAGE
 */
export async function openDialer(
  flags: RawFlags<typeof fleetRunFlags>,
  { gate: fileGate, security: file = {} }: FleetFile,
): Promise<AgentDialer> {
  const security = readSecurity({
    tokenFile: flags["token-file"] ?? file.token_file,
    ca: flags["tls-ca"] ?? file.ca,
    certificate: flags["tls-cert"] ?? file.cert,
    key: flags["tls-key"] ?? file.key,
    serverName: flags["server-name"] ?? file.server_name,
    tls: flags.tls ?? file.tls,
    insecure: flags.insecure ?? file.insecure,
  });
  const limits = transportLimits;
  const gate = flags.gate ?? fileGate;
  return gate === undefined
    ? dialAgents({ security, limits })
    : openGate({ address: parseHostAddress(gate), security, limits });
}
