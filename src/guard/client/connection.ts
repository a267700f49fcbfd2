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
    const response = await this.#open(this.#agent, method, path, body);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (cause) {
      throw unreachable(this.#socket, "it went away before it answered", cause);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    const document = text === "" ? null : parse(text);
    if ((response.statusCode ?? 500) >= 400) throw toError(document, this.#socket);
    return document as T;
  }

  /** What answers is no guard: it has not said what a guard says. */
  strange(): CorralError {
    return unreachable(this.#socket, noGuard);
  }

  /** Opens a stream on a connection of its own. @throws CorralError as `ask` does */
  async stream(path: string, signal: AbortSignal | null): Promise<IncomingMessage> {
    const response = await this.#open(false, "GET", path, undefined, signal);
    if (response.statusCode === 200) return response;
    response.resume();
    throw unreachable(this.#socket, `status ${response.statusCode}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(
    agent: Agent | false,
    method: string,
    path: string,
    body?: object,
    signal: AbortSignal | null = null,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    return new Promise((resolve, reject) => {
      const options = {
        socketPath: this.#socket,
        agent,
        method,
        path,
        headers,
        ...(signal === null ? {} : { signal }),
      };
      const request: ClientRequest = httpRequest(options, resolve);
      request.on("error", (cause) => reject(unreachable(this.#socket, errnoOf(cause) ?? cause.message, cause)));
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
