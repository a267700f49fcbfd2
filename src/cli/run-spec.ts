import { CorralError, intents, quote } from "../report/index.ts";
import type { RunSpec } from "../run/index.ts";
import { checkJobId, groupsOf, lookUpGroup, lookUpUser } from "../run/index.ts";
import type { Settings } from "../run/settings/index.ts";
import { durationMs, oneOf } from "../run/settings/index.ts";
import { flagValue, nameAndValue } from "./flag-values.ts";
import type { RawRunFlags, RunFlagName } from "./full-run-flags.ts";
import { readLimitFlags } from "./limit-settings.ts";
import { everydayRunFlags } from "./run-flags.ts";

/** Flags that mean nothing without a group, even when no limit needs one. */
const accountingFlags: readonly RunFlagName[] = ["json", "report", "timeout", "cgroup-parent"];

type Single = { [K in RunFlagName]: RawRunFlags[K] extends string | undefined ? K : never }[RunFlagName];

/** Parses one single-valued flag, or undefined when it was not given. */
type Reader = <T>(flag: Single, parse: (text: string) => T) => T | undefined;

/** The limits and attributes, with the user, the groups and the directory that only a run can set. */
function readSettings(read: Reader, flags: RawRunFlags): Settings {
  const { limits, attributes } = readLimitFlags(flags);
  const user = read("user", lookUpUser);
  const gid = read("group", lookUpGroup) ?? user?.gid;
  return {
    limits,
    attributes: {
      ...attributes,
      workdir: flags.workdir ?? null,
      uid: user?.uid ?? null,
      gid: gid ?? null,
      groups: user === undefined || gid === undefined ? null : groupsOf(user, gid),
    },
  };
}

/** The changes of --env to the workload's environment, in their order; null removes a variable. @throws CorralError USAGE */
export const readVariables = ({ env }: RawRunFlags): readonly (readonly [string, string | null])[] =>
  (env ?? []).map((text) => flagValue("env", text, nameAndValue));

/** The workload's environment: Corral's own, with the changes of --env. */
function readEnvironment(flags: RawRunFlags, base: NodeJS.ProcessEnv): Record<string, string> {
  const { CORRAL_SAVED_NODE_EXTRA_CA_CERTS: saved, ...rest } = base;
  const env = { ...rest, ...(saved === undefined ? {} : { NODE_EXTRA_CA_CERTS: saved }) } as Record<string, string>;
  for (const [name, value] of readVariables(flags)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** An empty value is a variable that was not set, and must not count as "not given". */
export function notEmpty(flag: string, value: string | undefined): string | undefined {
  if (value === "") throw new CorralError("USAGE", `--${flag} must not be empty`, { object: `--${flag}` });
  return value;
}

/** The pairs of --tag. @throws CorralError USAGE */
export function readTags(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [key, value] = flagValue("tag", text, nameAndValue);
      if (value === null)
        throw new CorralError("USAGE", `--tag expects KEY=VALUE, not ${quote(text)}`, { object: "--tag", found: text });
      return [key, value] as const;
    }),
  );
}

/**
 * Judges the flags of `corral run` and resolves them to a spec. Nothing is started or created.
 * @throws CorralError USAGE with the flag and the rule
 */
export function toRunSpec(flags: RawRunFlags, command: readonly string[], environment: NodeJS.ProcessEnv): RunSpec {
  if (command.length === 0 || command[0] === "") {
    throw new CorralError("USAGE", "no command was given", { fix: "write it after --, as in: corral run -- make -j4" });
  }
  const read: Reader = (flag, parse) => {
    const text = flags[flag];
    return text === undefined ? undefined : flagValue(flag, text, parse);
  };
  return {
    command,
    jobId: flags["job-id"] === undefined ? null : checkJobId(flags["job-id"]),
    ...readSettings(read, flags),
    env: readEnvironment(flags, environment),
    stdio: flags.json === true ? [0, 2, 2] : [0, 1, 2],
    timeoutMs: read("timeout", durationMs) ?? null,
    killAfterMs: read("kill-after", durationMs) ?? 10_000,
    lifetime: read("lifetime", oneOf(everydayRunFlags.lifetime.choices)) ?? "detach",
    processGroup: "own",
    strict: flags.strict === true,
    slaEligible: flags["sla-eligible"] === true,
    intent: read("intent", oneOf(intents)) ?? null,
    tags: readTags(flags.tag ?? []),
    cgroupParent: notEmpty("cgroup-parent", flags["cgroup-parent"]) ?? (environment["CORRAL_CGROUP_PARENT"] || null),
    scope: read("scope", oneOf(everydayRunFlags.scope.choices)) ?? "auto",
    account:
      accountingFlags.some((flag) => flags[flag] !== undefined) ||
      flags.lifetime === "tied" ||
      flags.scope === "systemd",
  };
}
