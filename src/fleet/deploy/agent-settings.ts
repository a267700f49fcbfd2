import { createHash } from "node:crypto";
import type { Service } from "./host-facts.ts";
import { shellWord } from "./shell.ts";
import type { TarFile } from "./tar.ts";
import { tarOf } from "./tar.ts";

/** What an agent is started with. Files go with their content: their paths here mean nothing there. */
export interface AgentSettings {
  /** Where it listens, `HOST:PORT`; null when it goes to a controller. */
  readonly listen: string | null;
  readonly join: string | null;
  /** With `join`: what the controller calls it; null: as the host calls itself. */
  readonly name: string | null;
  readonly token: string | null;
  /** Its policy, as text. */
  readonly policy: string | null;
  readonly certificate: Buffer | null;
  readonly key: Buffer | null;
  /** Who signs callers' certificates, or that of the controller it goes to. */
  readonly ca: Buffer | null;
  readonly insecure: boolean;
  /** More flags of `corral agent`, which are no secret. */
  readonly flags: readonly string[];
}

/** Where and what an agent is on a host. */
export interface AgentPlace {
  readonly directory: string;
  readonly node: string;
  readonly release: string;
  readonly service: Service;
}

/** Files of secrets and of what is judged by its path, by the flag that names them. */
const fileFlags = {
  token: ["--token-file", "token"],
  policy: ["--policy", "policy.yaml"],
  certificate: ["--tls-cert", "certificate.pem"],
  key: ["--tls-key", "key.pem"],
  ca: ["--tls-ca", "ca.pem"],
} as const;

/** Flags that are ours to give; nobody else may. */
export const ownAgentFlags: readonly string[] = [
  "listen",
  "join",
  "name",
  "insecure",
  ...Object.values(fileFlags).map(([flag]) => flag.slice(2)),
];

const given = Object.entries(fileFlags) as [keyof typeof fileFlags, readonly [string, string]][];

function agentWords(settings: AgentSettings, directory: string): readonly string[] {
  const { listen, join, name, insecure, flags } = settings;
  return [
    "agent",
    ...(listen === null ? [] : ["--listen", listen]),
    ...(join === null ? [] : ["--join", join]),
    ...(join === null || name === null ? [] : ["--name", name]),
    ...given.flatMap(([key, [flag, file]]) => (settings[key] === null ? [] : [flag, `${directory}/agent/${file}`])),
    ...(insecure ? ["--insecure"] : []),
    ...flags,
  ];
}

/**
 * What becomes the agent: it says which process it is before it is replaced by Node, so that nobody has to look for it. The
 * release is named by its own path: what is deployed later changes nothing of an agent that runs.
 */
function runScript(settings: AgentSettings, { directory, node, release }: AgentPlace): string {
  const words = [node, `${directory}/releases/${release}/dist/corral.cjs`, ...agentWords(settings, directory)];
  return `#!/bin/sh
# Written by corral fleet start; corral fleet stop removes it.
umask 077
agent=${shellWord(`${directory}/agent`)}
read -r stat </proc/$$/stat
set -- \${stat##*) }
shift 19
read -r boot </proc/sys/kernel/random/boot_id
echo "$$ $1 $boot" >"$agent/pid.new" && mv "$agent/pid.new" "$agent/pid" || exit 1
: >"$agent/out" || exit 1
exec >"$agent/out"
umask 022
exec ${words.map(shellWord).join(" ")}
`;
}

/** What is sent to a host for a start. */
export interface SettingsArchive {
  readonly tar: Buffer;
  /** Tells whether an agent that runs was started with the same. */
  readonly digest: string;
}

/** The files of agent/ on a host; none can be read by others. */
export function archiveSettings(settings: AgentSettings, place: AgentPlace): SettingsArchive {
  const file = (path: string, content: string | Buffer, mode = 0o600): TarFile => ({
    path,
    mode,
    content: Buffer.from(content),
  });
  const files = [
    file("run", runScript(settings, place), 0o700),
    file("release", `${place.release}\n`),
    file("service", `${place.service}\n`),
    ...given.flatMap(([key, [, path]]) => {
      const content = settings[key];
      return content === null ? [] : [file(path, content)];
    }),
  ];
  const digest = createHash("sha256").update(tarOf(files)).digest("hex");
  return { tar: tarOf([...files, file("settings", `${digest}\n`)]), digest };
}
