import { isAbsolute, join, resolve } from "node:path";
import { CorralError, quote } from "../report/index.ts";

/** Where Corral keeps its files (design, "Files on disk"). */
export interface StateDirectories {
  /** Start records of live jobs; emptied by a reboot. */
  readonly runtime: string;
  /** Results, one immutable file per job. */
  readonly results: string;
}

/** A relative one would be another directory wherever Corral is called. @throws CorralError USAGE */
function refuseRelative(directory: string): void {
  if (isAbsolute(directory)) return;
  throw new CorralError("USAGE", `CORRAL_STATE_DIR must be an absolute path, not ${quote(directory)}`, {
    object: "CORRAL_STATE_DIR",
    found: directory,
    fix: "begin it with /",
  });
}

/** A directory of the XDG base directory specification, which has relative ones ignored. */
const xdg = (value: string | undefined): string | null => (value !== undefined && isAbsolute(value) ? value : null);

/**
 * The directories of this user, by environment and uid; nothing is created. CORRAL_STATE_DIR puts both below one folder.
 * @param passwdHome used where HOME is not set: the home directory that passwd(5) has; null: is looked up
 * @throws CorralError USAGE when CORRAL_STATE_DIR is not an absolute path
 */
export function stateDirectories(
  env: NodeJS.ProcessEnv,
  uid: number,
  passwdHome: string | null = null,
): StateDirectories {
  const own = env["CORRAL_STATE_DIR"];
  if (own !== undefined && own !== "") {
    refuseRelative(own);
    return { runtime: resolve(own, "run"), results: resolve(own, "results") };
  }
  if (uid === 0) return { runtime: "/run/corral", results: "/var/lib/corral/results" };
  const home = env["HOME"] || (passwdHome ?? homeOfUser());
  const state = xdg(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state");
  return {
    runtime: join(xdg(env["XDG_RUNTIME_DIR"]) ?? join(state, "corral", "run"), "corral"),
    results: join(state, "corral", "results"),
  };
}

/** Directory of the start records. */
export const jobsDirectory = (directories: StateDirectories): string => `${directories.runtime}/jobs`;

/** The home directory of passwd(5); a user without an entry has none that could be written to. */
function homeOfUser(): string {
  try {
    return process.getBuiltinModule("node:os").homedir();
  } catch {
    return "/nonexistent";
  }
}
