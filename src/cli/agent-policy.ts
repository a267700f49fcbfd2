import type { HostPolicy } from "../fleet/work/index.ts";
import { allAllowed, loadHostPolicy, nothingAllowed } from "../fleet/work/index.ts";
import { lookUpUser } from "../kernel/index.ts";
import { CorralError, pathGlob, textGlob } from "../report/index.ts";
import type { agentFlags } from "./agent-flags.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";

type Flags = RawFlags<typeof agentFlags>;

function patterns(
  flag: string,
  texts: readonly string[] | undefined,
  parse: (text: string) => unknown,
): readonly string[] {
  for (const text of texts ?? []) flagValue(flag, text, parse);
  return texts ?? [];
}

/**
 * What controllers may do: what the file says, and what flags add.
 * @throws CorralError USAGE; ConfigError for mistakes in the file
 */
export function policyOf(flags: Flags): HostPolicy {
  const file = flags.policy === undefined ? nothingAllowed : loadHostPolicy(flags.policy);
  const base = flags["allow-all"] === true ? { ...allAllowed, limits: file.limits, user: file.user } : file;
  const user = flags.user ?? base.user;
  if (user !== null) checkUser(user);
  return {
    commands: [...base.commands, ...patterns("allow-command", flags["allow-command"], pathGlob)],
    paths: [...base.paths, ...patterns("allow-path", flags["allow-path"], pathGlob)],
    environment: [...base.environment, ...patterns("allow-environment", flags["allow-environment"], textGlob)],
    urls: [...base.urls, ...patterns("allow-url", flags["allow-url"], textGlob)],
    scenarios: base.scenarios || flags["allow-scenarios"] === true,
    limits: base.limits,
    user,
  };
}

function checkUser(user: string): void {
  flagValue("user", user, lookUpUser);
  if (process.getuid?.() !== 0)
    throw new CorralError("USAGE", "--user needs an agent that runs as root", {
      object: "--user",
      fix: "start the agent as that user instead",
    });
}
