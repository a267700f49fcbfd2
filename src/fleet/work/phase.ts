import { isAbsolute, resolve } from "node:path";
import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import { CorralError, parseDurationMs, quote } from "../../report/index.ts";
import { toRawSettings } from "../../run/settings/file/index.ts";
import type { Settings } from "../../run/settings/index.ts";
import { overlaySettings, parseSettings, refusing } from "../../run/settings/index.ts";
import type { RawPhase } from "./command-schema.ts";
import type { HostPolicy } from "./host-policy.ts";
import { findProgram, pathsIn, whyNotPath, whyNotProgram, whyNotVariable } from "./host-policy.ts";

/** A command that may run, with all that belongs to it. */
export interface Phase {
  /** The program by its whole path, and its arguments. */
  readonly command: readonly string[];
  /** What the configuration sets; the host's own variables come on top. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly settings: Settings;
  readonly timeoutMs: number | null;
}

/** What a phase is judged by. */
export interface PhaseContext {
  readonly policy: HostPolicy;
  /** Puts in what is an agent's own. */
  readonly fill: (text: string) => string;
  /** Where it runs when nobody says otherwise; made before, removed afterwards. */
  readonly scratch: string;
  readonly refuse: (issue: ConfigIssue) => void;
}

/** PATH of what runs, whatever the agent's is. */
export const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const limitsSource = refusing("CONFIG", (setting) => `limits.${setting}`);

/** Judges a command and what belongs to it; everything that is wrong is told. */
export function readPhase(raw: RawPhase, at: ConfigPath, context: PhaseContext): Phase {
  const { fill, scratch } = context;
  const words = raw.command.map((one) => fill(String(one)));
  const directory = directoryOf(raw, at, context);
  const environment = Object.fromEntries(
    Object.entries(raw.environment ?? {}).map(([name, value]) => [name, fill(String(value))]),
  );
  const own = [scratch];
  const refusePaths = (texts: readonly string[], path: ConfigPath): void => {
    for (const one of texts.flatMap(pathsIn)) tell(context, path, whyNotPath(context.policy, one, directory, own));
  };
  for (const [index, one] of words.entries()) if (index > 0) refusePaths([one], [...at, "command", index]);
  for (const [name, value] of Object.entries(environment)) {
    tell(context, [...at, "environment", name], whyNotVariable(context.policy, name));
    refusePaths([value], [...at, "environment", name]);
  }
  return {
    command: [programOf(words[0] ?? "", [...at, "command", 0], context), ...words.slice(1)],
    environment,
    directory,
    settings: settingsOf(raw, at, context),
    timeoutMs: raw.timeout === undefined ? null : parseDurationMs(String(raw.timeout)),
  };
}

function tell({ refuse }: PhaseContext, path: ConfigPath, why: string | null): void {
  if (why !== null) refuse({ path, at: "value", message: why });
}

function programOf(name: string, at: ConfigPath, context: PhaseContext): string {
  const program = findProgram(name, searchPath);
  if (program === null) {
    tell(
      context,
      at,
      `names the command ${quote(name, 200)}, which is not there: give a whole path, or a name on PATH`,
    );
    return name;
  }
  tell(context, at, whyNotProgram(context.policy, program));
  return program;
}

function directoryOf(raw: RawPhase, at: ConfigPath, context: PhaseContext): string {
  const { scratch, policy, fill } = context;
  if (raw.directory === undefined) return scratch;
  const directory = fill(raw.directory);
  if (!isAbsolute(directory)) tell(context, [...at, "directory"], "must be a whole path");
  else tell(context, [...at, "directory"], whyNotPath(policy, directory, "/", [scratch]));
  return resolve("/", directory);
}

/** The host's limits stand above those of the configuration. */
function settingsOf({ limits }: RawPhase, at: ConfigPath, { policy, refuse }: PhaseContext): Settings {
  try {
    return parseSettings(overlaySettings(toRawSettings(limits), policy.limits), limitsSource);
  } catch (thrown) {
    const { message } = CorralError.from(thrown);
    refuse({ path: [...at, "limits"], at: "value", message });
    return parseSettings({}, limitsSource);
  }
}
