import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where Corral keeps its files (design, "Files on disk"). */
export interface StateDirectories {
  /** Start records of live jobs; emptied by a reboot. */
  readonly runtime: string;
  /** Results, one immutable file per job. */
  readonly results: string;
}

/**
 * The directories of this user, by environment and uid; nothing is created. CORRAL_STATE_DIR puts both below one folder.
 * @param passwdHome used where HOME is not set: the home directory that passwd(5) has
 */
export function stateDirectories(
  env: NodeJS.ProcessEnv,
  uid: number,
  passwdHome: string = homedir(),
): StateDirectories {
  const own = env["CORRAL_STATE_DIR"];
  if (own !== undefined && own !== "") return { runtime: join(own, "run"), results: join(own, "results") };
  if (uid === 0) return { runtime: "/run/corral", results: "/var/lib/corral/results" };
  const home = env["HOME"] || passwdHome;
  const state = env["XDG_STATE_HOME"] || join(home, ".local", "state");
  return {
    runtime: join(env["XDG_RUNTIME_DIR"] || join(state, "corral", "run"), "corral"),
    results: join(state, "corral", "results"),
  };
}

/** Directory of the start records. */
export const jobsDirectory = (directories: StateDirectories): string => join(directories.runtime, "jobs");

/** Creates a directory for Corral's own eyes (0750) and its parents. */
export function ensureDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o750 });
}
