import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { errnoOf } from "../report/index.ts";

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
  passwdHome: string = homeOfUser(),
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
  // Not mkdir's own recursion: in Node 20 it never ends below /proc, where every mkdir(2) answers ENOENT.
  for (const missing of [...ancestors(path)].toReversed()) {
    try {
      mkdirSync(missing, { mode: 0o750 });
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") throw thrown;
    }
  }
}

/** A path and those above it that do not exist. */
function* ancestors(path: string): Generator<string> {
  for (let at = path; !existsSync(at); at = dirname(at)) yield at;
}

/** The home directory of passwd(5); a user without an entry has none that could be written to. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return "/nonexistent";
  }
}
