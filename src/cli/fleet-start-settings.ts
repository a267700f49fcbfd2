import type { AgentSettings, SshTarget } from "../fleet/deploy/index.ts";
import { ownAgentFlags } from "../fleet/deploy/index.ts";
import type { HostAddress, TransportSecurity } from "../fleet/transport/index.ts";
import { formatHostAddress, isLoopback, parseHostAddress, readSecurity } from "../fleet/transport/index.ts";
import { loadHostPolicy } from "../fleet/work/index.ts";
import { readConfigText } from "../report/config/index.ts";
import { CorralError, isPlainName, quote } from "../report/index.ts";
import { agentFlags } from "./agent-flags.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetStartFlags } from "./fleet-host-flags.ts";
import { readPlainly } from "./plain-command-line.ts";

type Flags = RawFlags<typeof fleetStartFlags>;

const defaultListen = "0.0.0.0";

/** Flags of the agent that are passed on. @throws CorralError USAGE */
function passedOn(words: readonly string[]): readonly string[] {
  const refuse = (message: string, fix: string): CorralError =>
    new CorralError("USAGE", message, { object: "--", found: words.join(" "), fix });
  const line = readPlainly(["agent", ...words, "--"], [{ path: ["agent"], flags: agentFlags, args: "none" }]);
  if (line === null)
    throw refuse(
      `${quote(words.join(" "))} are no flags of corral agent`,
      "write them after -- as --flag VALUE; corral agent --help --all has them",
    );
  const ours = ownAgentFlags.find((flag) => Object.hasOwn(line.flags, flag));
  if (ours !== undefined)
    throw refuse(`--${ours} does not come after --`, "corral fleet start --help says how it is given");
  return words;
}

function policyText({ policy }: Flags): string | null {
  if (policy === undefined) return null;
  loadHostPolicy(policy);
  return readConfigText(policy);
}

/** The certificates of one host's agent. @throws CorralError FLEET_CREDENTIALS, USAGE */
function certificatesOf(flags: Flags, { host }: SshTarget): TransportSecurity["tls"] {
  const named = (path: string | undefined): string | undefined => path?.replaceAll("{host}", host);
  const { "agent-cert": certificate, "agent-key": key, "agent-ca": ca } = flags;
  return readSecurity({ certificate: named(certificate), key: named(key), ca: named(ca) }).tls;
}

/** An agent that speaks TLS is not to be asked in plaintext, nor the other way round. */
function refuseMixedTls({ "agent-cert": certificate, join }: Flags, { tls }: TransportSecurity): void {
  if (join !== undefined || (certificate === undefined) === (tls === null)) return;
  throw new CorralError("USAGE", "agents and who asks them must both speak TLS, or neither", {
    object: certificate === undefined ? "--agent-cert" : "--tls-ca",
    fix:
      certificate === undefined
        ? "give the agents --agent-cert and --agent-key, too"
        : "give --tls-ca with who has signed --agent-cert, too",
  });
}

/** What an agent would refuse to begin with is told before a host is touched, and by the flags that are ours. */
function refuseInsecure(flags: Flags, listen: HostAddress, { token, insecure }: TransportSecurity): void {
  if (insecure) return;
  const refuse = (message: string, fix: string): CorralError =>
    new CorralError("FLEET_INSECURE", message, { object: formatHostAddress(listen), fix });
  if (flags["agent-cert"] === undefined && !isLoopback(listen))
    throw refuse(
      `agents would listen on ${formatHostAddress(listen)} in plaintext`,
      "give --agent-cert and --agent-key, or --insecure where the network is trusted",
    );
  if (token === null && flags["agent-ca"] === undefined)
    throw refuse(
      `everybody who reaches ${formatHostAddress(listen)} could use the agents`,
      "give --token-file, or --agent-ca for callers with certificates, or --insecure",
    );
}

/**
 * What the agent of each host is started with; all is read and judged before a host is touched.
 * @param security how they are asked afterwards; they know us by the same token
 * @throws CorralError USAGE, CONFIG, FLEET_CREDENTIALS, FLEET_INSECURE; ConfigError for mistakes in the policy
 */
export function settingsOf(
  flags: Flags,
  agentWords: readonly string[],
  security: TransportSecurity,
  targets: readonly SshTarget[],
): ReadonlyMap<SshTarget, AgentSettings> {
  const { join, listen } = flags;
  if (join !== undefined && listen !== undefined)
    throw new CorralError("USAGE", "--listen and --join are two ways to one controller", {
      object: "--join",
      fix: "give one of them",
    });
  refuseMixedTls(flags, security);
  const address = parseHostAddress(listen ?? defaultListen);
  if (join === undefined) refuseInsecure(flags, address, security);
  const shared = {
    listen: join === undefined ? formatHostAddress(address) : null,
    join: join === undefined ? null : formatHostAddress(parseHostAddress(join)),
    token: security.token,
    policy: policyText(flags),
    insecure: security.insecure,
    flags: passedOn(agentWords),
  };
  return new Map(
    targets.map((target) => {
      const tls = certificatesOf(flags, target);
      const name = isPlainName(target.host) ? target.host : null;
      const { certificate = null, key = null, ca = null } = tls ?? {};
      return [target, { ...shared, name, certificate, key, ca }];
    }),
  );
}
