import { CorralError, counted, quote } from "../../report/index.ts";
import type { GuardEventDocument, LiveSession, Sessions, SessionTokens } from "../daemon/index.ts";
import type { ServedRuns } from "../jobs/index.ts";
import { mayActFor, toJobExit, toJobHeld, toJobLeaving, toJobRequest, toJobStarted } from "../jobs/index.ts";
import type {
  AdoptDocument,
  AdoptRequest,
  GuardConfig,
  GuardStatus,
  SessionBudget,
  SessionDocument,
  SessionReport,
  SessionSpec,
  TokenDocument,
} from "../model/index.ts";
import {
  boundToTenant,
  changeSession,
  toAdoptRequest,
  toCreateRequest,
  toNewSession,
  toSessionRequest,
  toToolExit,
  toToolJoin,
  toToolRequest,
} from "../model/index.ts";
import type { CallClient, ToolCalls } from "../tools/index.ts";
import type { Caller, SessionAction } from "./authorise.ts";
import { decide, isHost } from "./authorise.ts";
import { eventBlock } from "./event-block.ts";
import type { RpcReply, RpcRequest } from "./http-server.ts";
import { nameOrOwn, ownSession } from "./own-session.ts";
import { denied, fixFor, hidden } from "./refusals.ts";

/** What requests are answered from. */
export interface GuardFace {
  readonly ownUid: number;
  readonly sessions: Sessions;
  readonly tools: ToolCalls;
  readonly runs: ServedRuns;
  readonly settings: Pick<GuardConfig, "tenants" | "tools" | "freezeMostMs">;
  /** The guard's own part of its status. */
  readonly status: () => Omit<GuardStatus, "sessions">;
  readonly tokens: Pick<SessionTokens, "issue" | "revoke">;
  readonly describe: (session: LiveSession) => SessionDocument;
  readonly budget: (session: LiveSession) => SessionBudget;
  readonly report: (session: LiveSession) => SessionReport;
  /** Hands over every event from now on until the signal. */
  readonly follow: (take: (event: GuardEventDocument) => void, until: AbortSignal) => void;
  /** Puts a process with its descendants into a session; how many there were. */
  readonly join: (session: string, pid: number) => Promise<number>;
  /** Puts processes into a session on behalf of who runs the host. */
  readonly adopt: (session: string, wanted: AdoptRequest) => AdoptDocument;
  /** Refuses what would change something, in a guard that only looks. */
  readonly refuseIfMonitoring: () => void;
}

/** One request with what was found out about it. */
interface Asked {
  readonly caller: Caller;
  readonly request: RpcRequest;
  /** What the pattern of the route has captured. */
  readonly name: string;
}

type Route = (face: GuardFace, asked: Asked) => Promise<RpcReply>;

const ok = (document: object, status = 200): RpcReply => ({ status, document });

/** The session of a request, if its caller may do this to it. A stranger hears what he would hear if there were none. */
export function authorised(face: GuardFace, caller: Caller, name: string, action: SessionAction): LiveSession {
  const session = face.sessions.find(name);
  const decision = session === null ? "hidden" : decide(caller, action, session.spec, face.ownUid);
  if (session === null || decision === "hidden") throw hidden(name, caller);
  if (decision === "yes") return session;
  throw denied(
    `this process may not do that to the session ${quote(name)}`,
    fixFor(caller, "ask as the session's owner, or as root"),
  );
}

const visible = (face: GuardFace, caller: Caller): readonly LiveSession[] =>
  face.sessions.list().filter(({ spec }) => decide(caller, "see", spec, face.ownUid) === "yes");

/** A session within what its owner may have; who runs the host is not bounded. */
function bounded(face: GuardFace, caller: Caller, spec: SessionSpec): SessionSpec {
  if (isHost(caller, face.ownUid)) return spec;
  const tenant = face.settings.tenants.find(({ uid }) => uid === spec.owner && uid === caller.uid);
  if (tenant === undefined || (caller.inside !== null && caller.inside !== spec.name))
    throw denied(
      `user ${caller.uid} may have no sessions of his own here`,
      fixFor(caller, "ask who runs the host for an entry below tenants"),
    );
  const result = boundToTenant(spec, tenant);
  if ("refused" in result) throw denied(result.refused.join("; "), "ask for less");
  return result.spec;
}

const create: Route = async (face, { caller, request: { body } }) => {
  face.refuseIfMonitoring();
  const request = toCreateRequest(body);
  const { sessions } = face;
  const owner = request.owner ?? (isHost(caller, face.ownUid) ? 0 : caller.uid);
  if (owner !== caller.uid && !isHost(caller, face.ownUid))
    throw denied("only who runs the host gives sessions to others", fixFor(caller, "leave the owner out"));
  const { tenants, tools } = face.settings;
  const tenant = isHost(caller, face.ownUid) ? undefined : tenants.find(({ uid }) => uid === owner);
  const base = { owner, tools, limits: tenant?.ceilings ?? {}, best: tenant?.class ?? null };
  const spec = bounded(face, caller, toNewSession(request, base));
  const has = sessions.list().filter((one) => one.spec.owner === owner && one.spec.origin === "client").length;
  if (tenant !== undefined && has >= tenant.mostSessions)
    throw denied(`user ${owner} has ${counted(has, "session")}, the most he may have`, "remove one first");
  return ok(face.describe(await sessions.create(spec)), 201);
};

const change: Route = async (face, { caller, name, request }) => {
  face.refuseIfMonitoring();
  authorised(face, caller, name, "change");
  const wish = toSessionRequest(request.body);
  const changed = (spec: SessionSpec): SessionSpec => bounded(face, caller, changeSession(spec, wish));
  return ok(face.describe(await face.sessions.update(name, changed, caller.uid)));
};

/** Milliseconds of `?most_ms=N`, bounded by the guard's own. */
function mostMsOf({ query }: RpcRequest, ceiling: number): number {
  const text = query.get("most_ms");
  if (text === null) return ceiling;
  const ms = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (ms === 0)
    throw new CorralError("USAGE", `most_ms expects milliseconds, not ${quote(text)}`, { object: "most_ms" });
  return Math.min(ms, ceiling);
}

const freeze: Route = async (face, { caller, name, request }) => {
  face.refuseIfMonitoring();
  authorised(face, caller, name, "hold");
  const mostMs = mostMsOf(request, face.settings.freezeMostMs);
  return ok(face.describe(await face.sessions.freeze(name, caller.uid, mostMs)));
};

/** What the guard, or who runs the host, has stopped is not for a tenant to let go on. */
const thaw: Route = async (face, { caller, name }) => {
  const { freeze: held } = authorised(face, caller, name, "hold");
  if (held !== null && held.by !== caller.uid && !isHost(caller, face.ownUid))
    throw denied(`the session ${quote(name)} was frozen by who runs the host`, "wait until it is thawed");
  return ok(face.describe(await face.sessions.thaw(name, caller.uid)));
};

const remove: Route = async (face, { caller, name, request }) => {
  authorised(face, caller, name, "remove");
  await face.sessions.remove(name, request.query.get("kill") === "true", caller.uid);
  return { status: 204, document: null };
};

const join: Route = async (face, { caller, name }) => {
  face.refuseIfMonitoring();
  authorised(face, caller, name, "join");
  return ok({ session: name, processes: await face.join(name, caller.pid) });
};

const tokenOf = (session: string) => ({ schema: "corral.session-token/1", session }) as const;

const issueToken: Route = async (face, { caller, name }) => {
  face.refuseIfMonitoring();
  const { spec } = authorised(face, caller, name, "token");
  const document: TokenDocument = { ...tokenOf(name), token: face.tokens.issue(name, spec.owner) };
  return ok(document, 201);
};

const revokeToken: Route = async (face, { caller, name }) => {
  authorised(face, caller, name, "token");
  const document: TokenDocument = { ...tokenOf(name), revoked: face.tokens.revoke(name) };
  return ok(document);
};

/** Who owns a session may freeze and kill what is in it: only who runs the host gives him others' processes. */
const adopt: Route = async (face, { caller, name, request }) => {
  face.refuseIfMonitoring();
  authorised(face, caller, name, "see");
  if (!isHost(caller, face.ownUid))
    throw denied(
      "only who runs the host puts others' processes into a session",
      fixFor(caller, "let the process join by itself"),
    );
  return ok(face.adopt(name, toAdoptRequest(request.body)));
};

const clientOf = ({ caller, request }: Asked): CallClient => ({
  uid: caller.uid,
  pid: caller.pid,
  connection: request.connection,
});

const startTool: Route = async (face, asked) => {
  face.refuseIfMonitoring();
  const request = toToolRequest(asked.request.body);
  const name = nameOrOwn(request.session, ownSession(asked.caller), "the tool call");
  const session = authorised(face, asked.caller, name, "call");
  return ok(await face.tools.start(session, clientOf(asked), request), 201);
};

const joinTool: Route = async (face, asked) => {
  face.tools.join(asked.name, clientOf(asked), toToolJoin(asked.request.body).pid);
  return { status: 204, document: null };
};

const finishTool: Route = async (face, asked) =>
  ok(await face.tools.finish(asked.name, clientOf(asked), toToolExit(asked.request.body)));

/** Whoever is in a session, or could not do all that himself, runs his job himself. */
const startRun: Route = async (face, asked) => {
  if (!isHost(asked.caller, face.ownUid) || !mayActFor(asked.caller))
    return ok({ declined: "the guard has more rights than its caller" });
  const answer = await face.runs.begin(clientOf(asked), toJobRequest(asked.request.body));
  return ok(answer, "run" in answer ? 201 : 200);
};

/**
 * What follows on the connection that a run was begun on: it is the client's, and nobody else's, whatever has become of his
 * process since.
 */
const ofRun: Readonly<Record<string, (face: GuardFace, id: string, request: RpcRequest) => Promise<object>>> = {
  held: ({ runs }, id, { connection, body }) => runs.held(id, connection, toJobHeld(body)),
  started: ({ runs }, id, { connection, body }) => runs.started(id, connection, toJobStarted(body)),
  ended: ({ runs }, id, { connection, body }) => runs.ended(id, connection, toJobExit(body)),
  leave: ({ runs }, id, { connection, body }) => runs.leave(id, connection, toJobLeaving(body).signal),
};

const runPath = /^\/v1\/runs\/([^/]+)\/(held|started|ended|leave)$/;

const budget: Route = async (face, { caller, request }) => {
  const name = nameOrOwn(request.query.get("session"), ownSession(caller), "the request");
  return ok(face.budget(authorised(face, caller, name, "see")));
};

/** Events from now on, each for who may see its session. */
const events: Route = async (face, { caller }) => ({
  stream: (send, ended) => {
    const isForCaller = ({ session }: GuardEventDocument): boolean => {
      if (isHost(caller, face.ownUid)) return true;
      const live = session === null ? null : face.sessions.find(session);
      return live !== null && decide(caller, "see", live.spec, face.ownUid) === "yes";
    };
    send(": corral guard\n\n");
    face.follow((event) => {
      if (isForCaller(event)) send(eventBlock(event));
    }, ended);
  },
});

const list = (face: GuardFace, caller: Caller): readonly SessionDocument[] => visible(face, caller).map(face.describe);

/** Method and path, with one name captured; first what the native client waits for. */
const routes: readonly (readonly [string, RegExp, Route])[] = [
  ["POST", /^\/v1\/tools$/, startTool],
  ["POST", /^\/v1\/tools\/([^/]+)\/join$/, joinTool],
  ["POST", /^\/v1\/tools\/([^/]+)\/finish$/, finishTool],
  ["POST", /^\/v1\/runs$/, startRun],
  ["GET", /^\/v1\/status$/, async (face, { caller }) => ok({ ...face.status(), sessions: list(face, caller) })],
  ["GET", /^\/v1\/sessions$/, async (face, { caller }) => ok({ sessions: list(face, caller) })],
  ["POST", /^\/v1\/sessions$/, create],
  [
    "GET",
    /^\/v1\/sessions\/([^/]+)$/,
    async (face, { caller, name }) => ok(face.describe(authorised(face, caller, name, "see"))),
  ],
  [
    "GET",
    /^\/v1\/sessions\/([^/]+)\/report$/,
    async (face, { caller, name }) => ok(face.report(authorised(face, caller, name, "see"))),
  ],
  ["PATCH", /^\/v1\/sessions\/([^/]+)$/, change],
  ["DELETE", /^\/v1\/sessions\/([^/]+)$/, remove],
  ["POST", /^\/v1\/sessions\/([^/]+)\/freeze$/, freeze],
  ["POST", /^\/v1\/sessions\/([^/]+)\/thaw$/, thaw],
  ["POST", /^\/v1\/sessions\/([^/]+)\/join$/, join],
  ["POST", /^\/v1\/sessions\/([^/]+)\/adopt$/, adopt],
  ["POST", /^\/v1\/sessions\/([^/]+)\/token$/, issueToken],
  ["DELETE", /^\/v1\/sessions\/([^/]+)\/token$/, revokeToken],
  ["GET", /^\/v1\/budget$/, budget],
  ["GET", /^\/v1\/events$/, events],
];

/**
 * Answers one request.
 * @param callerOf looks up who asks
 * @throws CorralError for whatever cannot be done
 */
export async function answer(face: GuardFace, callerOf: () => Caller, request: RpcRequest): Promise<RpcReply> {
  const [, run = "", verb = ""] = request.method === "POST" ? (runPath.exec(request.path) ?? []) : [];
  const next = ofRun[verb];
  if (next !== undefined) return ok(await next(face, run, request));
  const caller = callerOf();
  for (const [method, pattern, route] of routes) {
    const found = method === request.method ? pattern.exec(request.path) : null;
    if (found !== null) return route(face, { caller, request, name: decodeName(found[1] ?? "") });
  }
  const document = {
    error: {
      code: "USAGE",
      message: `there is no ${request.method} ${quote(request.path)}`,
      object: null,
      found: null,
      fix: null,
    },
  };
  return { status: 404, document };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
