import type { Limits } from "../../cgroup/index.ts";
import type { SessionSpec } from "../model/index.ts";
import type { GuardRoot } from "./guard-root.ts";

/** What a group of the tree is for. Only leaves hold processes (cgroup-v2.rst, "No Internal Process Constraint"). */
export type GroupRole = "root" | "session" | "framework" | "tools";

/** One group as it is wanted. */
export interface PlannedGroup {
  readonly role: GroupRole;
  readonly directory: string;
  /** Whether its children get controllers. */
  readonly passesOn: boolean;
  readonly limits: Limits;
}

/** The groups of a session, by what they are for. */
export interface SessionPlaces {
  readonly session: string;
  /** Where the agent's own processes are. */
  readonly framework: string;
  /** Above the groups of tool calls. */
  readonly tools: string;
}

export function sessionPlaces(root: GuardRoot, name: string): SessionPlaces {
  const session = `${root.directory}/${name}`;
  return { session, framework: `${session}/framework`, tools: `${session}/tools` };
}

/** The groups of one session, parents first. */
export function planSession(root: GuardRoot, { name, limits }: SessionSpec): readonly PlannedGroup[] {
  const { session, framework, tools } = sessionPlaces(root, name);
  return [
    { role: "session", directory: session, passesOn: true, limits },
    { role: "framework", directory: framework, passesOn: false, limits: {} },
    { role: "tools", directory: tools, passesOn: true, limits: {} },
  ];
}

/** The whole tree, parents first. Pure data; `--dry-run` prints it. */
export const planTree = (root: GuardRoot, sessions: readonly SessionSpec[]): readonly PlannedGroup[] => [
  { role: "root", directory: root.directory, passesOn: true, limits: {} },
  ...sessions.flatMap((one) => planSession(root, one)),
];
