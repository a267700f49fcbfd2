import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, normalize, resolve } from "node:path";
import { pathGlob, pathPrefix, quote, textGlob } from "../../report/index.ts";
import type { RawSettings } from "../../run/settings/index.ts";

/** What a host lets controllers do on it. What is not allowed is refused before anything is done. */
export interface HostPolicy {
  /** Patterns of programs, by their whole paths. */
  readonly commands: readonly string[];
  /** Patterns of files and directories that a configuration may name. */
  readonly paths: readonly string[];
  /** Patterns of variables that it may set. */
  readonly environment: readonly string[];
  /** Patterns of URLs that load may be put on. */
  readonly urls: readonly string[];
  /** Whether scenarios may run, which make groups and load as they like. */
  readonly scenarios: boolean;
  /** Limits that every workload gets, whatever its configuration says. */
  readonly limits: RawSettings;
  /** Whom workloads run as; null: as the agent. */
  readonly user: string | null;
}

/** Of a host that has said nothing: nothing. */
export const nothingAllowed: HostPolicy = {
  commands: [],
  paths: [],
  environment: [],
  urls: [],
  scenarios: false,
  limits: {},
  user: null,
};

/** Of a host that trusts whoever knows its token. */
export const allAllowed: HostPolicy = {
  ...nothingAllowed,
  commands: ["/**"],
  paths: ["/**"],
  environment: ["*"],
  urls: ["*"],
  scenarios: true,
};

const isPattern = (text: string): boolean => /[*?[\\]/.test(text);

/** A pattern with the directories before its first wildcard as they really are: `/bin/*` is `/usr/bin/*` where one links to the other. */
function realPattern(pattern: string): string {
  if (!isPattern(pattern)) return realPath(pattern);
  const plain = pattern.slice(0, pattern.search(/[*?[\\]/));
  const directory = plain.slice(0, plain.lastIndexOf("/"));
  return directory === "" ? pattern : realPath(directory) + pattern.slice(directory.length);
}

/** Where a path really leads; of what does not exist yet, where the part that does leads. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}

/** Whether a path, as it really is, fits one of the patterns, which may lead there by links themselves. */
const fits = (path: string, patterns: readonly string[], pattern: typeof pathGlob): boolean => {
  const real = realPath(path);
  return patterns.some((one) => pattern(realPattern(one))(real));
};

/** A path as it was written, with where it really leads if that is elsewhere: patterns are compared with that. */
function told(written: string, whole: string): string {
  const real = realPath(whole);
  return real === whole ? quote(written, 200) : `${quote(written, 200)} (it is ${quote(real, 200)})`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The whole path of a program: as given, or the first on PATH. Null: there is none. */
export function findProgram(name: string, path: string): string | null {
  if (name.includes("/")) return isAbsolute(name) && isProgram(name) ? normalize(name) : null;
  const directories = path.split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isProgram) ?? null;
}

/** Why a program may not run; null: it may. */
export function whyNotProgram(policy: HostPolicy, program: string): string | null {
  if (fits(program, policy.commands, pathGlob)) return null;
  const allowed = policy.commands.map((one) => quote(one)).join(", ");
  return `names the command ${told(program, program)}, which this host does not allow; it allows ${allowed || "none"}`;
}

/** Why a path may not be named; null: it may. Relative ones count from `directory`; in the directories `own` all is allowed. */
export function whyNotPath(policy: HostPolicy, path: string, directory: string, own: readonly string[]): string | null {
  const whole = resolve(directory, path);
  return fits(whole, [...own, ...policy.paths], pathPrefix)
    ? null
    : `names the path ${told(path, whole)}, which this host does not allow`;
}

/** Why load may not be put on a URL; null: it may. */
export const whyNotUrl = (policy: HostPolicy, url: string): string | null =>
  policy.urls.some((pattern) => textGlob(pattern)(url))
    ? null
    : `names the URL ${quote(url, 200)}, which this host does not allow`;

/** Why a variable may not be set; null: it may. */
export const whyNotVariable = (policy: HostPolicy, name: string): string | null =>
  policy.environment.some((pattern) => textGlob(pattern)(name))
    ? null
    : `sets the variable ${quote(name, 80)}, which this host does not allow`;

/** What stands between paths in words: `--in=/a`, `/a:/b`, `@/a`, `cat '/a'`. */
const betweenPaths = /[\s=:,;|&<>(){}[\]"'`@]+/;

/** Parts of a word that look like paths and lead out of the directory: whole ones, also right behind a flag, and those with `..`. */
export const pathsIn = (word: string): readonly string[] =>
  word
    .split(betweenPaths)
    .map((part) => part.replace(/^-+\w(?=\/)/, ""))
    .filter((part) => part.startsWith("/") || part.split("/").includes(".."));
