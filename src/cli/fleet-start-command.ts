import type { SshTarget } from "../fleet/deploy/index.ts";
import { doOnHosts, resolveHost, serviceChoices, startHost } from "../fleet/deploy/index.ts";
import { awaitAgent } from "../fleet/ping/index.ts";
import { dialAgents } from "../fleet/transport/grpc/index.ts";
import { transportLimits } from "../fleet/transport/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, parseDurationMs } from "../report/index.ts";
import { oneOf } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { fleetStartFlags } from "./fleet-host-flags.ts";
import { hostsRequest, tellHosts } from "./fleet-host-request.ts";
import { fleetSecurity } from "./fleet-security-flags.ts";
import { settingsOf } from "./fleet-start-settings.ts";
import { writeText } from "./output.ts";

type Flags = RawFlags<typeof fleetStartFlags>;

/**
 * `corral fleet start`: starts agents on hosts and waits until they answer.
 * @returns 0; 4 when ssh did not come to a host, 1 when another failed; 2 when the policy has mistakes
 * @throws CorralError USAGE, CONFIG, FLEET_CREDENTIALS, FLEET_INSECURE
 */
export async function fleetStartCommand(flags: Flags, agentWords: readonly string[]): Promise<number> {
  try {
    return await start(flags, agentWords);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

async function start(flags: Flags, agentWords: readonly string[]): Promise<number> {
  const request = hostsRequest(flags, "start");
  const choice = flagValue("systemd", flags.systemd ?? "auto", oneOf(serviceChoices));
  const limitMs = flagValue("timeout", flags.timeout ?? "30s", parseDurationMs);
  const security = fleetSecurity(flags);
  const settings = settingsOf(flags, agentWords, security, request.targets);
  const settingsFor = (target: SshTarget) => {
    const found = settings.get(target);
    if (found === undefined) throw new CorralError("INTERNAL", `no settings for ${target.text}`);
    return found;
  };
  await using dialer = dialAgents({ security, limits: transportLimits });
  const document = await doOnHosts(request, (session) =>
    startHost(session, {
      settingsFor,
      choice,
      restart: flags.restart === true,
      dryRun: request.dryRun,
      limitMs,
      resolve: (target) => resolveHost(target, request.ssh),
      awaitAnswer: (address) => awaitAgent(address, dialer, limitMs),
    }),
  );
  return tellHosts(document, flags);
}
