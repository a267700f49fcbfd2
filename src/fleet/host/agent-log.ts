/** What an agent tells of itself. */
export type AgentLogKind =
  | "listening"
  | "joined"
  | "away"
  | "opened"
  | "refused"
  | "denied"
  | "state"
  | "warn"
  | "ended";

/** Takes one line of an agent's log. */
export type AgentLog = (kind: AgentLogKind, fields: Readonly<Record<string, unknown>>) => void;
