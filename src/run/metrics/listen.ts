import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:net";
import { connect } from "node:net";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { ListenAddress } from "./listen-address.ts";
import { formatListen } from "./listen-address.ts";

/** Everybody but owner and group is kept out from the moment the socket exists: mode 0660. */
const socketUmask = 0o117;

const failed = (address: ListenAddress, why: string, cause?: unknown): CorralError =>
  new CorralError("LISTEN_FAILED", `cannot listen on ${quote(formatListen(address), 120)}: ${why}`, {
    object: formatListen(address),
    ...(cause === undefined ? {} : { cause }),
    fix: "choose another address, or end what uses this one",
  });

/** Whether a process listens behind a socket file. Only ECONNREFUSED proves that nobody does (unix(7)). */
async function isServed(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, "connect");
    return true;
  } catch (thrown) {
    return errnoOf(thrown) !== "ECONNREFUSED" && errnoOf(thrown) !== "ENOENT";
  } finally {
    probe.destroy();
  }
}

/** Removes the socket file of a server that has died; anything else at that path is refused. */
async function clearStaleSocket(address: ListenAddress & { kind: "unix" }): Promise<void> {
  const found = lstatSync(address.path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw failed(address, "something that is no socket lies there");
  if (await isServed(address.path)) throw failed(address, "another server listens there");
  const now = lstatSync(address.path, { throwIfNoEntry: false });
  if (now === undefined) return;
  if (now.ino !== found.ino || now.dev !== found.dev) throw failed(address, "another server has just taken it");
  unlinkSync(address.path);
}

/** Node binds a socket file before `listen` returns, so that the umask holds for it and for nothing else. */
function listenPrivately(server: Server, path: string): void {
  const before = process.umask(socketUmask);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
}

/**
 * Lets a server listen.
 * @returns the address with the port that was really taken
 * @throws CorralError LISTEN_FAILED
 */
export async function listenOn(server: Server, address: ListenAddress): Promise<ListenAddress> {
  try {
    if (address.kind === "unix") await clearStaleSocket(address);
    const listening = once(server, "listening");
    if (address.kind === "unix") listenPrivately(server, address.path);
    else server.listen({ host: address.host, port: address.port, exclusive: true });
    await listening;
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    throw failed(address, errnoOf(thrown) ?? "error", thrown);
  }
  const bound = server.address();
  if (address.kind === "unix" || bound === null || typeof bound === "string") return address;
  return { ...address, port: bound.port };
}
