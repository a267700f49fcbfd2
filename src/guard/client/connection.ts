import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as httpRequest } from "node:http";
import type { ErrorCode } from "../../report/index.ts";
import { CorralError, errnoOf, errorCodes } from "../../report/index.ts";
import type { ErrorDocument } from "../model/documents.ts";

/** Where the guard of this host is when nobody says otherwise. */
export const defaultGuardSocket = "/run/corral-guard/guard.sock";

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text);

const unreachable = (socket: string, why: string, cause?: unknown): CorralError =>
  new CorralError("GUARD_UNREACHABLE", `no corral guard answers at ${socket}: ${why}`, {
    object: socket,
    found: why,
    fix: "start corral guard, or give the path of its socket in CORRAL_GUARD_SOCKET",
    cause,
  });

const noGuard = "what answers there is no corral guard";

/** The guard's own error, as it was thrown there. */
function toError(document: unknown, socket: string): CorralError {
  const { error } = (document ?? {}) as Partial<ErrorDocument>;
  if (error === undefined || !isErrorCode(error.code)) return unreachable(socket, noGuard);
  const { code, message, object, found, fix } = error;
  return new CorralError(code, message, {
    ...(object === null ? {} : { object }),
    ...(found === null ? {} : { found }),
    ...(fix === null ? {} : { fix }),
  });
}

/** What is asked. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly signal: AbortSignal | null;
}

/** Nothing was answered. */
interface Lost {
  readonly cause: Error;
  /** On another connection the same may be asked again: it has done nothing, or does nothing twice. */
  readonly mayRepeat: boolean;
}

/**
 * Whether the other end has closed without reading what was sent: a write to a closed socket is EPIPE, and one that is closed with
 * bytes unread says ECONNRESET to its peer (unix_release_sock, net/unix/af_unix.c). An end after reading is neither.
 */
const wasUnread = (cause: NodeJS.ErrnoException): boolean =>
  cause.code === "EPIPE" || (cause.code === "ECONNRESET" && cause.syscall === "read");

/** A connection to a guard that is kept from request to request: the guard ends a client's tool calls with it. */
export class GuardConnection {
  readonly #socket: string;
  readonly #token: string | null;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(socket: string, token: string | null) {
    this.#socket = socket;
    this.#token = token;
  }

  /** @throws CorralError GUARD_UNREACHABLE, and what the guard answers */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const response = await this.#open(this.#agent, { method, path, text, signal: null });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (cause) {
      throw unreachable(this.#socket, "it went away before it answered", cause);
    }
    const said = Buffer.concat(chunks).toString("utf8");
    const document = said === "" ? null : parse(said);
    if ((response.statusCode ?? 500) >= 400) throw toError(document, this.#socket);
    return document as T;
  }

  /** What answers is no guard: it has not said what a guard says. */
  strange(): CorralError {
    return unreachable(this.#socket, noGuard);
  }

  /** Opens a stream on a connection of its own. @throws CorralError as `ask` does */
  async stream(path: string, signal: AbortSignal | null): Promise<IncomingMessage> {
    const response = await this.#open(false, { method: "GET", path, text: "", signal });
    if (response.statusCode === 200) return response;
    response.resume();
    throw unreachable(this.#socket, `status ${response.statusCode}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A kept connection may end in the very moment that it is used again, or be to a guard that is no more: then on a new one. */
  async #open(agent: Agent | false, asked: Asked): Promise<IncomingMessage> {
    const first = await this.#send(agent, asked);
    const answer = "mayRepeat" in first && first.mayRepeat ? await this.#send(agent, asked) : first;
    if (!("mayRepeat" in answer)) return answer;
    throw unreachable(this.#socket, errnoOf(answer.cause) ?? answer.cause.message, answer.cause);
  }

  #send(agent: Agent | false, { method, path, text, signal }: Asked): Promise<IncomingMessage | Lost> {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    const options = { socketPath: this.#socket, agent, method, path, headers, ...(signal === null ? {} : { signal }) };
    return new Promise((resolve) => {
      const request: ClientRequest = httpRequest(options, resolve);
      request.on("error", (cause) =>
        resolve({ cause, mayRepeat: request.reusedSocket && (method === "GET" || wasUnread(cause)) }),
      );
      request.end(text);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
