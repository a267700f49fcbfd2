import type { SessionBudget } from "../model/budget-document.ts";
import type {
  AdoptDocument,
  AdoptRequest,
  CreateRequest,
  GuardStatus,
  SessionDocument,
  SessionRequest,
} from "../model/documents.ts";
import type { SessionReport } from "../model/report-document.ts";
import type { ToolDocument, ToolExit, ToolRequest, ToolResult } from "../model/tool-documents.ts";
import { defaultGuardSocket, GuardConnection } from "./connection.ts";

/** How a guard is found. */
export interface GuardClientOptions {
  /** Path of the guard's socket. Default: CORRAL_GUARD_SOCKET, else /run/corral-guard/guard.sock. */
  readonly socket?: string;
  /** Token of a session that this process acts for from outside. Default: CORRAL_SESSION_TOKEN, else none. */
  readonly token?: string;
}

/** One thing that the guard told of itself; `session` is null for what concerns no session. Further members by `event`. */
export interface GuardNotice {
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly timestamp: number;
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly event: string;
  readonly session: string | null;
  readonly [detail: string]: unknown;
}

const pathOf = (name: string, verb = ""): string => `/v1/sessions/${encodeURIComponent(name)}${verb}`;

/**
 * A client of `corral guard`. What it may do follows from who its process is, which the kernel tells the guard; nothing has to
 * be proved, but by who acts for a session with its token. Every method throws CorralError: GUARD_UNREACHABLE when nobody answers, GUARD_DENIED for what this user may not
 * do, SESSION_NOT_FOUND also for sessions of others.
 */
export class GuardClient {
  readonly #connection: GuardConnection;

  constructor({ socket, token }: GuardClientOptions = {}) {
    this.#connection = new GuardConnection(
      socket ?? (process.env["CORRAL_GUARD_SOCKET"] || defaultGuardSocket),
      token ?? (process.env["CORRAL_SESSION_TOKEN"] || null),
    );
  }

  /** The guard, and the sessions that this user may see. */
  status(): Promise<GuardStatus> {
    return this.#connection.ask("GET", "/v1/status");
  }

  /** The sessions that this user may see. */
  async sessions(): Promise<readonly SessionDocument[]> {
    return (await this.#connection.ask<Pick<GuardStatus, "sessions">>("GET", "/v1/sessions")).sessions;
  }

  session(name: string): Promise<SessionDocument> {
    return this.#connection.ask("GET", pathOf(name));
  }

  /** What a session has, uses and may still have. @param name default: the session in whose groups this process is */
  budget(name?: string): Promise<SessionBudget> {
    return this.#connection.ask("GET", `/v1/budget${name === undefined ? "" : `?session=${encodeURIComponent(name)}`}`);
  }

  /** What the calls of a session were and used. */
  report(name: string): Promise<SessionReport> {
    return this.#connection.ask("GET", pathOf(name, "/report"));
  }

  /**
   * Makes a session.
   * @throws CorralError SESSION_EXISTS; USAGE for a name or limit that is none; GUARD_DENIED above the tenant's bounds
   */
  createSession(request: CreateRequest): Promise<SessionDocument> {
    return this.#connection.ask("POST", "/v1/sessions", request);
  }

  /** Changes what is given and leaves the rest. @throws CorralError as createSession does */
  updateSession(name: string, request: SessionRequest): Promise<SessionDocument> {
    return this.#connection.ask("PATCH", pathOf(name), request);
  }

  /** Ends a session. @param options `kill`: with its processes, which are else in the way (SESSION_BUSY) */
  async removeSession(name: string, { kill = false }: { readonly kill?: boolean } = {}): Promise<void> {
    await this.#connection.ask("DELETE", `${pathOf(name)}?kill=${kill}`);
  }

  /**
   * Stops every process of a session; resolves when the kernel says that they stand.
   * @param options `mostMs`: milliseconds after which they go on by themselves, at most the guard's `freeze_most`
   * @throws CorralError NOT_FROZEN when one does not stop in time, and then all go on
   */
  freezeSession(name: string, { mostMs }: { readonly mostMs?: number } = {}): Promise<SessionDocument> {
    return this.#connection.ask(
      "POST",
      `${pathOf(name, "/freeze")}${mostMs === undefined ? "" : `?most_ms=${mostMs}`}`,
    );
  }

  thawSession(name: string): Promise<SessionDocument> {
    return this.#connection.ask("POST", pathOf(name, "/thaw"));
  }

  /** Makes the token by which others act for a session; an earlier one is worth nothing from now on. */
  async issueToken(name: string): Promise<string> {
    return (await this.#connection.ask<{ readonly token: string }>("POST", pathOf(name, "/token"))).token;
  }

  /** Takes a session's token its worth. Whether there was one. */
  async revokeToken(name: string): Promise<boolean> {
    return (await this.#connection.ask<{ readonly revoked: boolean }>("DELETE", pathOf(name, "/token"))).revoked;
  }

  /** Puts this process with its descendants into a session; how many there were. */
  async joinSession(name: string): Promise<number> {
    return (await this.#connection.ask<{ readonly processes: number }>("POST", pathOf(name, "/join"))).processes;
  }

  /**
   * Puts a process with its descendants, or those of a systemd unit or a container, into a session; for who runs the host.
   * @throws CorralError PROCESS_GONE, PROCESS_PROTECTED, SESSION_BUSY when they are in a session already
   */
  adopt(name: string, request: AdoptRequest): Promise<AdoptDocument> {
    return this.#connection.ask("POST", pathOf(name, "/adopt"), request);
  }

  /**
   * Makes the group of a tool call with its limits. The call lives as long as this client's connection: it is killed when the
   * client goes away before `finishTool`.
   * @throws CorralError GUARD_UNREACHABLE when the answer is no tool call; SESSION_BUSY when the session runs as many calls as it may
   */
  async startTool(request: ToolRequest): Promise<ToolDocument> {
    const call = await this.#connection.ask<Partial<ToolDocument> | null>("POST", "/v1/tools", request);
    // A command must not run in no group because something else answers yes to everything.
    if (typeof call?.call !== "string" || typeof call.group !== "string") throw this.#connection.strange();
    return call as ToolDocument;
  }

  /** Puts a child of this process, which has not executed the command yet, into the group of its call. */
  async joinTool(call: string, pid: number): Promise<void> {
    await this.#connection.ask("POST", `/v1/tools/${call}/join`, { pid });
  }

  /** Tells how the command ended. Resolves when what it left behind has been seen to and its group is gone. */
  finishTool(call: string, exit: ToolExit): Promise<ToolResult> {
    return this.#connection.ask("POST", `/v1/tools/${call}/finish`, exit);
  }

  /** What the guard tells from now on, until the signal or the end of the guard. */
  async *events(signal: AbortSignal | null = null): AsyncGenerator<GuardNotice> {
    let rest = "";
    for await (const chunk of await this.#connection.stream("/v1/events", signal)) {
      const blocks = `${rest}${String(chunk)}`.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) yield JSON.parse(data) as GuardNotice;
      }
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close();
  }
}
