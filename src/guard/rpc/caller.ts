import { nativeErrno, readProcText, requireAddon } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { groupOfLines } from "../tree/index.ts";
import type { Caller } from "./authorise.ts";
import type { RpcRequest } from "./http-server.ts";

/** Whether the process that connected is still there, so that its pid is its own. */
function isAlive(pidfd: number): boolean {
  try {
    requireAddon().pidfdSendSignal(pidfd, 0);
    return true;
  } catch (thrown) {
    return nativeErrno(thrown) !== "ESRCH";
  }
}

/**
 * Who asks, looked up anew for each request: a process may have been moved since it connected.
 * @param sessionOf names the session that a group belongs to
 * @param bearerOf names the session that a token opens
 * @throws CorralError GUARD_DENIED when the process cannot be told for sure, or shows a token that opens nothing
 */
export function callerOf(
  { peer, token }: Pick<RpcRequest, "peer" | "token">,
  sessionOf: (group: string) => string | null,
  bearerOf: (token: string) => string | null,
): Caller {
  const group = peer.pid === 0 ? null : groupOfLines(readProcText(`/proc/${peer.pid}/cgroup`));
  // Asked afterwards: had the pid been another's meanwhile, the one who connected would be gone by now.
  if (group === null || peer.pidfd === null || !isAlive(peer.pidfd)) {
    throw new CorralError("GUARD_DENIED", "the process that connected is gone, or cannot be seen from here", {
      object: String(peer.pid),
      fix: "ask from a process that stays, in the guard's pid namespace",
    });
  }
  const inside = sessionOf(group);
  const bearer = token === null ? null : bearerOf(token);
  if (token !== null && bearer === null) {
    throw new CorralError("GUARD_DENIED", "the token opens no session: it was revoked, or its session is gone", {
      fix: "ask the session's owner for another one",
    });
  }
  // Who is confined to a session does not get out of it by another one's token.
  return { uid: peer.uid, pid: peer.pid, inside, bearer: inside === null ? bearer : null };
}
