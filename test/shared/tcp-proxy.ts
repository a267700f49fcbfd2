import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

/** A way to a port of this machine that can be cut. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection, and lets nobody through. */
  cut(): void;
  /** Lets through again. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens another port that leads to this one. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const hold = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => {});
    return socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    hold(near);
    if (isCut) return void near.destroy();
    const far = hold(connect(target, "127.0.0.1"));
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    return void far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: bound === null || typeof bound === "string" ? 0 : bound.port,
    cut,
    mend: () => {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
