import { groupsOf, lookUpGroup, lookUpUser } from "../../kernel/index.ts";
import { quote } from "../../report/index.ts";
import type { ProcessAttributes, RunSpec } from "../spec.ts";
import { jobOptionNames, readJobOptions } from "./job-terms.ts";
import {
  describeValue,
  readChoice,
  readDurationMs,
  readFlag,
  readOptions,
  readText,
  readWith,
  wrong,
} from "./option-values.ts";
import type { RunOptions } from "./options.ts";

const runOptionNames = [
  ...jobOptionNames,
  "env",
  "extendEnv",
  "workdir",
  "user",
  "group",
  "timeout",
  "killAfter",
  "lifetime",
  "processGroup",
  "stdio",
] as const satisfies readonly (keyof RunOptions)[];

const defaultKillAfterMs = 10_000;

/** The program and its arguments, verbatim. @throws CorralError USAGE */
function readCommand(command: unknown, args: readonly unknown[]): readonly string[] {
  const words: readonly unknown[] = Array.isArray(command) ? [...command, ...args] : [command, ...args];
  for (const [index, word] of words.entries()) {
    if (typeof word !== "string") throw wrong(`command[${index}]`, `expects a text, not ${describeValue(word)}`);
    if (word.includes("\0")) throw wrong(`command[${index}]`, `must not hold a NUL character: ${quote(word)}`);
  }
  if (words.length === 0 || words[0] === "") throw wrong("command", "names no program");
  return words as readonly string[];
}

/** The whole environment of the workload. @throws CorralError USAGE */
function readEnv(changes: unknown, extend: boolean): Record<string, string> {
  const env: Record<string, string> = extend ? ({ ...process.env } as Record<string, string>) : {};
  if (changes === undefined) return env;
  if (typeof changes !== "object" || changes === null || Array.isArray(changes))
    throw wrong("env", `expects variables by name, not ${describeValue(changes)}`);
  for (const [name, value] of Object.entries(changes) as [string, unknown][]) {
    if (name === "" || /[=\0]/.test(name)) throw wrong("env", `cannot set a variable with the name ${quote(name)}`);
    if (value === undefined) delete env[name];
    else if (typeof value === "string" && !value.includes("\0")) env[name] = value;
    else throw wrong(`env.${name}`, `expects a text without NUL, or undefined, not ${describeValue(value)}`);
  }
  return env;
}

const readId = (option: string, value: unknown): string | undefined =>
  readText(option, typeof value === "number" ? String(value) : value);

/** Whom the workload runs as, and where. @throws CorralError USAGE */
function readIdentity({
  user,
  group,
  workdir,
}: RunOptions): Pick<ProcessAttributes, "workdir" | "uid" | "gid" | "groups"> {
  const userName = readId("user", user);
  const groupName = readId("group", group);
  const entry = userName === undefined ? undefined : readWith("user", userName, lookUpUser);
  const gid = groupName === undefined ? entry?.gid : readWith("group", groupName, lookUpGroup);
  return {
    workdir: readText("workdir", workdir) ?? null,
    uid: entry?.uid ?? null,
    gid: gid ?? null,
    groups: entry === undefined || gid === undefined ? null : groupsOf(entry, gid),
  };
}

/** Everything about a run but its open descriptors. */
export type RunPlanOfOptions = Omit<RunSpec, "stdio">;

/**
 * Judges a command and its options. Nothing is opened or started.
 * @throws CorralError USAGE, with the option as its object
 */
export function toRunSpec(command: unknown, args: readonly unknown[], options: RunOptions): RunPlanOfOptions {
  readOptions("options", options, runOptionNames);
  const terms = readJobOptions(options, true);
  return {
    ...terms,
    attributes: { ...terms.attributes, ...readIdentity(options) },
    command: readCommand(command, args),
    env: readEnv(options.env, readFlag("extendEnv", options.extendEnv, true)),
    timeoutMs: readDurationMs("timeout", options.timeout, 1) ?? null,
    killAfterMs: readDurationMs("killAfter", options.killAfter, 0) ?? defaultKillAfterMs,
    lifetime: readChoice("lifetime", options.lifetime, ["detach", "tied"]) ?? "detach",
    processGroup: readChoice("processGroup", options.processGroup, ["own", "shared"]) ?? "own",
  };
}
