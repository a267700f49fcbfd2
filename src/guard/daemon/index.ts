/**
 * guard/daemon/: the guard of a host as a service: its sessions, what outlives it, who restores what when it dies, and the
 * events it tells. What may enter: a configuration, clients' requests as calls. What it may not know: flags, output, how a
 * request is authorised.
 */
export { GuardDaemon } from "./guard-daemon.ts";
export type { Actor, GuardEvent, GuardEventDocument, GuardEventLine, Tell } from "./guard-event.ts";
export type { GuardOptions, OnStop } from "./guard-options.ts";
export { checkGuardFile } from "./host-questions.ts";
export type { LiveSession } from "./live-session.ts";
export { GuardRestorer } from "./restorer.ts";
export { SessionStore } from "./session-store.ts";
export type { SessionTokens } from "./session-tokens.ts";
export { Sessions } from "./sessions.ts";
