import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { HostCgroups } from "../../cgroup/index.ts";
import { discoverHostCgroups } from "../../cgroup/index.ts";
import type { ConfigIssue } from "../../report/config/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { GuardConfig } from "../model/index.ts";
import { checkGuardConfig } from "../model/index.ts";
import { placeOfRoot } from "../tree/index.ts";

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const issue = (key: string, message: string): ConfigIssue => ({
  path: [key],
  at: "value",
  message: `${key} ${message}`,
});

function askOfToolLog(path: string): readonly ConfigIssue[] {
  const directory = dirname(path);
  if (!isDirectory(directory)) return [issue("tool_log", `has no directory: ${quote(directory, 300)}; make it first`)];
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isFile() ? [] : [issue("tool_log", `is no regular file: ${quote(path, 300)}`)];
}

/** A host without cgroup v2 says nothing of where a group could be. */
function askOfRoot(wanted: string, { unified }: HostCgroups): readonly ConfigIssue[] {
  if (unified === null) return [];
  try {
    const { parent } = placeOfRoot(unified, wanted);
    if (isDirectory(parent)) return [];
    return [issue("cgroup_root", `has no group above it: ${quote(parent, 300)} is none below ${unified.mountPoint}`)];
  } catch (thrown) {
    const { message, fix } = CorralError.from(thrown);
    return [issue("cgroup_root", `is none: ${message}${fix === null ? "" : `; ${fix}`}`)];
  }
}

/** What only a host can say of a file: whether its places are there. Looks, and makes nothing. */
export function askHost({ toolLog, cgroupRoot }: GuardConfig, host: HostCgroups): readonly ConfigIssue[] {
  return [
    ...(toolLog === null ? [] : askOfToolLog(toolLog)),
    ...(cgroupRoot === null ? [] : askOfRoot(cgroupRoot, host)),
  ];
}

/**
 * Judges the file of `corral guard` for this host.
 * @throws ConfigError (code CONFIG) with everything that is wrong; CorralError CONFIG when it cannot be read
 */
export const checkGuardFile = (path: string): GuardConfig =>
  checkGuardConfig(path, (config) => askHost(config, discoverHostCgroups()));
