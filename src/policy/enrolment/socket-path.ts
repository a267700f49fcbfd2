import { homedir } from "node:os";
import { join } from "node:path";

/** The socket of the whole host, served by root. Not below /run/corral, which only root may enter. */
const hostSocket = "/run/corral-enrol/enrol.sock";

/** Where the server of this user listens, by environment and uid, unless told otherwise. */
export function serverSocketPath(env: Readonly<NodeJS.ProcessEnv>, uid: number): string {
  const { CORRAL_ENROL_SOCKET: told = "", CORRAL_STATE_DIR: state = "", XDG_RUNTIME_DIR: runtime = "" } = env;
  if (told !== "") return told;
  if (state !== "") return join(state, "run", "enrol", "enrol.sock");
  if (uid === 0) return hostSocket;
  return runtime === ""
    ? join(env["HOME"] || homedir(), ".local", "state", "corral", "enrol", "enrol.sock")
    : join(runtime, "corral-enrol", "enrol.sock");
}

/** Where a workload looks for a server, in this order: where it was told to, else his own user's, then the host's. */
export function clientSocketPaths(env: Readonly<NodeJS.ProcessEnv>, uid: number): readonly string[] {
  const own = serverSocketPath(env, uid);
  return own === hostSocket || (env["CORRAL_ENROL_SOCKET"] ?? "") !== "" ? [own] : [own, hostSocket];
}
