import { CorralError, quote } from "../../../report/index.ts";

/** Which fleet is meant when nobody says otherwise. */
export const defaultFleet = "default";

const fleetRule = /^[A-Za-z0-9_-]{1,64}$/;

/** Several fleets may share a broker. @throws CorralError USAGE */
export function checkFleetName(name: string): string {
  if (fleetRule.test(name)) return name;
  throw new CorralError("USAGE", `--fleet takes 1 to 64 of the characters A-Z a-z 0-9 _ -, not ${quote(name)}`, {
    object: "--fleet",
  });
}

/** A name as one word of a subject: dots part words there, and `*` and `>` stand for others. */
const wordOf = (name: string): string =>
  [...Buffer.from(name)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[A-Za-z0-9_-]/.test(char) ? char : `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`))
    .join("");

/** What one direction of a stream is said on. */
export interface Lane {
  /** The broker keeps what is said here: it arrives whoever was away meanwhile. */
  readonly kept: string;
  /** Only who listens hears it. */
  readonly live: string;
}

/** Both directions of a stream. */
export interface Lanes {
  readonly toAgent: Lane;
  readonly toController: Lane;
  /** All that the broker keeps of the stream. */
  readonly all: string;
}

/** Where the agents and controllers of a fleet talk. */
export interface Subjects {
  /** Agents say here that they have come, and that they go. */
  readonly presence: string;
  /** All agents answer here. */
  readonly roll: string;
  /** Of the stream that the broker keeps letters in, and what it takes. */
  readonly store: string;
  readonly stored: readonly string[];
  /** An agent answers here: it takes a stream, or why it does not. */
  open(agent: string): string;
  /** An agent answers here who it is and what it does. */
  ask(agent: string): string;
  lanes(agent: string, session: string): Lanes;
}

export function subjectsOf(fleet: string): Subjects {
  const root = `corral.${fleet}`;
  const at = (agent: string, what: string): string => `${root}.agent.${wordOf(agent)}.${what}`;
  return {
    presence: `${root}.presence`,
    roll: `${root}.roll`,
    store: `CORRAL_${fleet}`,
    stored: [`${root}.agent.*.control.*`, `${root}.agent.*.terminal.*`],
    open: (agent) => at(agent, "open"),
    ask: (agent) => at(agent, "ask"),
    lanes: (agent, session) => ({
      toAgent: { kept: at(agent, `control.${session}`), live: at(agent, `ping.${session}`) },
      toController: { kept: at(agent, `terminal.${session}`), live: at(agent, `stats.${session}`) },
      all: at(agent, `*.${session}`),
    }),
  };
}
