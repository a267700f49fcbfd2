/*
 * What is said as JSON, before there is a stream: who is there, and whether an agent takes one.
 */

/** An agent that is at the broker. */
export interface PresentAgent {
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
}

/** `isThere`: it has come, or answers; else it goes. */
export interface Presence extends PresentAgent {
  readonly isThere: boolean;
}

/** What an agent says to who wants a stream. */
export type OpenAnswer = { readonly session: string } | { readonly refused: string; readonly isPassing: boolean };

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The members of a JSON object; none: it is none. */
function membersOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export const writePresence = (presence: Presence): Uint8Array => bytesOf(presence);

/** Null: it is none. */
export function readPresence(bytes: Uint8Array): Presence | null {
  const { name, version, capabilities, isThere } = membersOf(bytes);
  if (typeof name !== "string" || typeof version !== "string" || !Array.isArray(capabilities)) return null;
  return { name, version, capabilities: capabilities.map(String), isThere: isThere === true };
}

/** Who calls, for the agent's log. */
export const writeCaller = (name: string): Uint8Array => bytesOf({ name });

export function readCaller(bytes: Uint8Array): string {
  const { name } = membersOf(bytes);
  return typeof name === "string" ? name : "";
}

export const writeOpenAnswer = (answer: OpenAnswer): Uint8Array => bytesOf(answer);

/** Null: it is none. */
export function readOpenAnswer(bytes: Uint8Array): OpenAnswer | null {
  const { session, refused, isPassing } = membersOf(bytes);
  if (typeof session === "string" && /^[A-Za-z0-9-]{1,64}$/.test(session)) return { session };
  return typeof refused === "string" ? { refused, isPassing: isPassing === true } : null;
}
