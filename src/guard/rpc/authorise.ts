import type { SessionSpec } from "../model/index.ts";

/** Who is at the other end, as the kernel tells: nothing of this does a client say itself. */
export interface Caller {
  readonly uid: number;
  readonly pid: number;
  /** Name of the session in whose groups the process is; null: in none. */
  readonly inside: string | null;
  /** Name of the session whose token it has shown, from outside of all sessions; null: none. */
  readonly bearer: string | null;
}

/** What a caller may want of one session. */
export const sessionActions = ["see", "call", "change", "hold", "remove", "join", "token"] as const;

/**
 * see: look at it and hear of it. call: run tool calls in it. change: its class, limits and tools. hold: freeze and thaw.
 * join: put the own process into it. token: make and revoke the token by which others act for it.
 */
export type SessionAction = (typeof sessionActions)[number];

/** `hidden`: to this caller there is no such session, and no difference between none and another's. */
export type Decision = "yes" | "hidden" | "denied";

/** How a caller stands to a session. */
type Standing = "host" | "owner" | "owner inside" | "inside" | "bearer" | "stranger";

const all = (decision: Decision) => ({
  see: decision,
  call: decision,
  change: decision,
  hold: decision,
  remove: decision,
  join: decision,
  token: decision,
});

/** Who may do what; read it row by row. */
const table: Readonly<Record<Standing, Readonly<Record<SessionAction, Decision>>>> = {
  host: all("yes"),
  owner: all("yes"),
  // It would stop itself, or take its own ground away, before it hears the answer; and needs no token where it is.
  "owner inside": { ...all("yes"), hold: "denied", remove: "denied", token: "denied" },
  inside: { ...all("denied"), see: "yes", call: "yes" },
  // His own process stays outside: only the calls that he runs go in.
  bearer: { ...all("denied"), see: "yes", call: "yes" },
  stranger: all("hidden"),
};

/** Whether a caller runs the host: root, or the user of the guard itself, but nobody who is inside of a session. */
export const isHost = ({ uid, inside }: Caller, ownUid: number): boolean =>
  inside === null && (uid === 0 || uid === ownUid);

function standingOf(caller: Caller, { name, owner }: Pick<SessionSpec, "name" | "owner">, ownUid: number): Standing {
  if (isHost(caller, ownUid)) return "host";
  const owns = owner !== 0 && caller.uid === owner;
  if (caller.inside === null && owns) return "owner";
  if (caller.inside === null) return caller.bearer === name ? "bearer" : "stranger";
  if (caller.inside !== name) return "stranger";
  return owns ? "owner inside" : "inside";
}

/** Whether a caller may do something to a session. Who is in one session has nothing to do with any other, root included. */
export const decide = (
  caller: Caller,
  action: SessionAction,
  session: Pick<SessionSpec, "name" | "owner">,
  ownUid: number,
): Decision => table[standingOf(caller, session, ownUid)][action];
