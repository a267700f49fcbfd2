import { chmodSync, mkdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, STATUS_CODES } from "node:http";
import { dirname } from "node:path";
import type { UnixConnection, UnixPeer } from "../../kernel/index.ts";
import { bindOwnedSocket, listenUnix, socketTypes } from "../../kernel/index.ts";
import type { ErrorCode } from "../../report/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";
import type { ErrorDocument } from "../model/index.ts";
import type { PatienceLimits } from "./patience.ts";
import { Patience, plainPatience } from "./patience.ts";
import { PeerStream } from "./peer-stream.ts";
import type { PlaceLimits } from "./places.ts";
import { Places, plainPlaces } from "./places.ts";
import type { ShortRequest } from "./short-http.ts";
import { jobsPath, ShortHttp, shortClientOf } from "./short-http.ts";

/** One request that was read whole. */
export interface RpcRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The JSON of its body; undefined when it had none. */
  readonly body: unknown;
  /** The bearer token that it shows (RFC 6750); null: none. Never told or logged. */
  readonly token: string | null;
  readonly peer: UnixPeer;
  /** Aborted when the connection has ended; the same for all requests of one connection. */
  readonly connection: AbortSignal;
}

/** What is answered: a document, or lines that go on until one side ends. */
export type RpcReply =
  | { readonly status: number; readonly document: object | null }
  | { readonly stream: (send: (text: string) => void, ended: AbortSignal) => void };

export type RpcHandler = (request: RpcRequest) => Promise<RpcReply>;

export interface RpcServer {
  readonly path: string;
  close(): void;
}

/** What a server asks and heeds besides requests. */
export interface RpcOptions {
  /** Whether something runs that ends with a connection: it may be idle then. */
  readonly holds: (connection: AbortSignal) => boolean;
  /** Default plainPatience and plainPlaces. */
  readonly limits?: PatienceLimits & PlaceLimits;
}

const mostBodyBytes = 64 * 1024;
const maxUnsentBytes = 4 * 2 ** 20;

/** Everybody may connect: who it is says the kernel, what he may do the guard. */
const socketMode = 0o666;
const directoryMode = 0o755;

const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  USAGE: 400,
  CONFIG: 400,
  GUARD_DENIED: 403,
  SESSION_NOT_FOUND: 404,
  SESSION_EXISTS: 409,
  SESSION_BUSY: 409,
};

/** A document with its status. */
type DocumentReply = Exclude<RpcReply, { readonly stream: unknown }>;

const failure = ({ code, message, object, found, fix }: CorralError): DocumentReply => {
  const document: ErrorDocument = { error: { code, message, object, found, fix } };
  return { status: statusOf[code] ?? 500, document };
};

const tokenOf = (authorization: string | undefined): string | null =>
  authorization === undefined ? null : (/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? null);

/** RFC 9110, 15.5.14. */
const tooLong = (): DocumentReply => ({
  ...failure(new CorralError("USAGE", `a request has at most ${mostBodyBytes} bytes`, { object: "body" })),
  status: 413,
});

/** RFC 9110, 10.1.1: of what may be expected there is only 100-continue. */
const expectsTooMuch = (): DocumentReply => ({
  ...failure(new CorralError("USAGE", "nothing but 100-continue can be expected", { object: "expect" })),
  status: 417,
});

const saysTooLong = ({ headers }: IncomingMessage): boolean => Number(headers["content-length"] ?? 0) > mostBodyBytes;

/** The body, or what is answered without it; what still comes of it is passed over then. */
function readBody(request: IncomingMessage): Promise<Buffer | DocumentReply> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBodyBytes) chunks.push(chunk);
      else resolve(tooLong());
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
    if (saysTooLong(request)) resolve(tooLong());
  });
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new CorralError("USAGE", "the body of the request is not JSON", { object: "body", cause });
  }
}

const bodyOf = ({ document }: { readonly document: object | null }): string =>
  document === null ? "" : `${JSON.stringify(document)}\n`;

const jsonType = "application/json; charset=utf-8";

function send(response: ServerResponse, reply: RpcReply, ended: AbortSignal): void {
  if ("stream" in reply) {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    response.flushHeaders();
    return reply.stream((text) => response.write(text), ended);
  }
  const body = bodyOf(reply);
  response.writeHead(reply.status, {
    "content-type": jsonType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: directoryMode });
  } catch (cause) {
    throw new CorralError("LISTEN_FAILED", `cannot serve ${path}: ${errnoOf(cause) ?? String(cause)}`, {
      object: path,
      cause,
    });
  }
}

/** A reply as text; the native client is told no stream. */
function toText(reply: RpcReply): string {
  if ("stream" in reply) return toText({ status: 406, document: null });
  const body = bodyOf(reply);
  const head = `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}`;
  if (reply.status === 204) return `${head}\r\n\r\n`;
  return `${head}\r\ncontent-type: ${jsonType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const noQuery = new URLSearchParams();

/** What takes what arrives on a connection. */
interface Receiver {
  arrived(bytes: Uint8Array): void;
  ended(): void;
  destroy(): void;
}

/** What one connection is to whoever serves it. */
interface Line {
  readonly connection: UnixConnection;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** The connection is no more. */
  readonly forget: () => void;
}

/** Serves the native client on one connection. */
function serveShortly(
  { connection, patience, signal, forget }: Line,
  handle: RpcHandler,
  endsWithConnection: boolean,
): Receiver {
  const { peer } = connection;
  const answer = async ({ method, path, authorization, body }: ShortRequest): Promise<string> => {
    try {
      // Whoever has waited too long for the first answer does it himself by now.
      if (path === jobsPath) connection.drain();
      if (path === jobsPath && line.hasEnded) return "";
      const token = tokenOf(authorization);
      return toText(
        await handle({ method, path, query: noQuery, body: parseBody(body), token, peer, connection: signal }),
      );
    } catch (thrown) {
      return toText(failure(CorralError.from(thrown)));
    }
  };
  const options = { mostBodyBytes, endsWithConnection, handle: answer, patience, onClose: forget };
  const line = new ShortHttp(connection, options);
  return line;
}

/** What of a request is in its first line. @throws CorralError USAGE: anybody may send anything */
function readTarget({ method = "", url = "/" }: IncomingMessage): Pick<RpcRequest, "method" | "path" | "query"> {
  try {
    const { pathname, searchParams } = new URL(url, "http://guard");
    return { method, path: pathname, query: searchParams };
  } catch (cause) {
    throw new CorralError("USAGE", "the target of the request is no path", { object: "request", cause });
  }
}

/** Serves all others, each connection of which is handed to it: by the HTTP of Node. */
function serveOthers(handle: RpcHandler): { take(line: Line): Receiver; close(): void } {
  const server = createServer({ keepAliveTimeout: 0 });
  const lines = new WeakMap<PeerStream, Line>();
  const serve = (request: IncomingMessage, response: ServerResponse, body: Promise<Buffer | DocumentReply>): void => {
    // Only PeerStreams are handed to this server.
    const stream = request.socket as unknown as PeerStream;
    const { signal = AbortSignal.abort(), patience } = lines.get(stream) ?? {};
    response.once("close", () => patience?.answered());
    const reply = async (): Promise<RpcReply> => {
      const whole = await body.finally(() => patience?.asked());
      if (!Buffer.isBuffer(whole)) return whole;
      const token = tokenOf(request.headers.authorization);
      const asked = { ...readTarget(request), body: parseBody(whole), token };
      return handle({ ...asked, peer: stream.peer, connection: signal });
    };
    void reply()
      .catch((thrown: unknown) => failure(CorralError.from(thrown)))
      .then((one) => send(response, one, signal))
      .catch(() => stream.destroy());
  };
  /** Who waits for a word before he sends the body gets the answer instead of it, and sends no other request. */
  const refuse = (request: IncomingMessage, response: ServerResponse, reply: DocumentReply): void => {
    response.setHeader("connection", "close");
    serve(request, response, Promise.resolve(reply));
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response, readBody(request)),
  );
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (saysTooLong(request)) return refuse(request, response, tooLong());
    response.writeContinue();
    serve(request, response, readBody(request));
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    refuse(request, response, expectsTooMuch()),
  );
  const take = (line: Line): Receiver => {
    const stream = new PeerStream(line.connection);
    lines.set(stream, line);
    stream.on("error", () => {});
    stream.on("close", line.forget);
    server.emit("connection", stream);
    return stream;
  };
  return { take, close: () => void server.close() };
}

/**
 * Serves requests on a unix socket that every user may connect to.
 * @throws CorralError SOCKET_IN_USE, LISTEN_FAILED, NATIVE_MISSING
 */
export function serveRpc(path: string, handle: RpcHandler, { holds, limits }: RpcOptions): RpcServer {
  const bounds = limits ?? { ...plainPatience, ...plainPlaces };
  const others = serveOthers(handle);
  const places = new Places(bounds, process.geteuid?.() ?? 0);
  const open = new Set<() => void>();
  const receiverFor = (line: Line, bytes: Uint8Array): Receiver => {
    const client = shortClientOf(bytes);
    return client === null ? others.take(line) : serveShortly(line, handle, client === "calls");
  };
  const serve = (connection: UnixConnection, leave: () => void): void => {
    const end = new AbortController();
    let receiver: Receiver | null = null;
    const close = (): void => {
      if (receiver !== null) return receiver.destroy();
      connection.close();
      forget();
    };
    const patience = new Patience(bounds, () => holds(end.signal), close);
    const forget = (): void => {
      if (!open.delete(close)) return;
      leave();
      patience.close();
      end.abort(new Error("the connection ended"));
    };
    const line: Line = { connection, patience, signal: end.signal, forget };
    open.add(close);
    connection.start({
      onBytes: (bytes) => {
        receiver ??= receiverFor(line, bytes);
        patience.arrived();
        receiver.arrived(bytes);
      },
      onEnd: () => (receiver === null ? forget() : receiver.ended()),
    });
    // Who connects asks at once: most requests are here by now.
    connection.drain();
  };
  makeDirectory(path);
  const socket = bindOwnedSocket({ type: socketTypes.stream, path, gid: null });
  chmodSync(path, socketMode);
  const listener = listenUnix(socket, {
    maxUnsentBytes,
    onConnection: (connection) => {
      const leave = places.take(connection.peer.uid);
      if (leave === null) connection.close();
      else serve(connection, leave);
    },
  });
  return {
    path,
    close: () => {
      listener.close();
      for (const close of open) close();
      others.close();
      socket.close();
    },
  };
}
