import { doOnHosts, stopHost } from "../fleet/deploy/index.ts";
import { parseDurationMs } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { fleetStopFlags } from "./fleet-host-flags.ts";
import { hostsRequest, tellHosts } from "./fleet-host-request.ts";

/**
 * `corral fleet stop`: ends the agents that were started on hosts.
 * @returns 0; 4 when ssh did not come to a host, 1 when another failed
 * @throws CorralError USAGE, CONFIG
 */
export async function fleetStopCommand(flags: RawFlags<typeof fleetStopFlags>): Promise<number> {
  const request = hostsRequest(flags, "stop");
  const limitMs = flagValue("timeout", flags.timeout ?? "20s", parseDurationMs);
  const options = { limitMs, remove: flags.remove === true, dryRun: request.dryRun };
  return tellHosts(await doOnHosts(request, (session) => stopHost(session, options)), flags);
}
