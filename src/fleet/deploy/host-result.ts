import { CorralError, counted, formatTable } from "../../report/index.ts";
import { fleetExit } from "../model/index.ts";
import type { Service } from "./host-facts.ts";

export const hostActions = ["deploy", "start", "stop"] as const;
export type HostAction = (typeof hostActions)[number];

/** What came of a host. */
export const hostOutcomes = [
  /** The package has come there, or it is the one that is started next now. */
  "deployed",
  /** It was there. */
  "unchanged",
  /** An agent has been started. */
  "started",
  /** One was ended for it. */
  "restarted",
  /** One with the same settings ran already. */
  "running",
  /** The agent has ended. */
  "stopped",
  /** There was none. */
  "absent",
  /** Nothing was done: --dry-run. */
  "planned",
  /** The error says why. */
  "failed",
] as const;
export type HostOutcome = (typeof hostOutcomes)[number];

/** One host of a document. */
export interface HostResult {
  /** As it was named. */
  readonly host: string;
  readonly outcome: HostOutcome;
  /** What was done there, or would be. */
  readonly steps: readonly string[];
  readonly directory: string | null;
  /** Of the package that is there now; of a start, that of the agent. */
  readonly release: string | null;
  /** Version of Node there. */
  readonly node: string | null;
  /** System, release of its kernel and machine. */
  readonly system: string | null;
  readonly service: Service | null;
  readonly pid: number | null;
  /** Where the agent is called. */
  readonly agent: string | null;
  readonly warnings: readonly string[];
  readonly duration_sec: number;
  readonly error: HostError | null;
}

/** Why a host failed. */
export interface HostError {
  readonly code: string;
  /** What was being done. */
  readonly step: string;
  readonly message: string;
  /** What ssh or the host said last on stderr. */
  readonly found: string | null;
  readonly fix: string | null;
}

/** `--json` of `corral fleet deploy`, `start` and `stop`. */
export interface HostsDocument {
  readonly schema: "corral.fleet-hosts/1";
  readonly action: HostAction;
  /** Of the Corral that did it. */
  readonly version: string;
  readonly dry_run: boolean;
  readonly hosts: readonly HostResult[];
}

/** What an action finds out of a host; the rest is the same for all. */
export type HostFinding = Pick<HostResult, "outcome"> &
  Partial<Omit<HostResult, "host" | "outcome" | "duration_sec" | "error">>;

const nothingKnown = {
  steps: [],
  directory: null,
  release: null,
  node: null,
  system: null,
  service: null,
  pid: null,
  agent: null,
  warnings: [],
} as const;

export const hostResult = (host: string, durationMs: number, finding: HostFinding): HostResult => ({
  host,
  ...nothingKnown,
  ...finding,
  duration_sec: Math.round(durationMs) / 1000,
  error: null,
});

/** @param thrown what it failed with, in this step */
export function hostFailure(host: string, durationMs: number, step: string, thrown: unknown): HostResult {
  const { code, message, found, fix } = CorralError.from(thrown);
  const error = { code, step, message, found, fix };
  return { ...hostResult(host, durationMs, { outcome: "failed" }), error };
}

/** Exit status: that of a host that ssh did not come to outweighs that of one that failed otherwise. */
export function hostsExit({ hosts }: HostsDocument): number {
  const failed = hosts.flatMap(({ error }) => error ?? []);
  if (failed.length === 0) return fleetExit.completed;
  return failed.some(({ step }) => step === "connect") ? fleetExit.unreachable : fleetExit.failed;
}

const failureLine = ({ host, error }: HostResult): string[] => {
  if (error === null) return [];
  const { step, message, found, fix } = error;
  const said = found === null || message.includes(found) ? "" : ` (${found})`;
  return [`${host}: ${step}: ${message}${said}${fix === null ? "" : `; ${fix}`}\n`];
};

/** Agents as `--agents` of the other commands takes them. */
function agentsLine({ action, hosts }: HostsDocument): string[] {
  const agents = hosts.flatMap(({ agent }) => agent ?? []);
  return action === "start" && agents.length > 0 ? [`--agents ${agents.join(",")}\n`] : [];
}

/** The document as a table for people, and a line for each failure and warning. */
export function hostsText(document: HostsDocument): string {
  const { hosts } = document;
  const rows = hosts.map(({ host, outcome, steps, release, node, service, agent, pid }) => [
    host,
    outcome === "planned" ? `planned: ${steps.join(", ") || "nothing"}` : outcome,
    release ?? "-",
    node ?? "-",
    service ?? "-",
    pid === null ? "-" : String(pid),
    agent ?? "-",
  ]);
  const failed = hosts.filter(({ outcome }) => outcome === "failed").length;
  return [
    formatTable(["HOST", "OUTCOME", "RELEASE", "NODE", "SERVICE", "PID", "AGENT"], rows),
    ...hosts.flatMap(({ host, warnings }) => warnings.map((one) => `${host}: ${one}\n`)),
    ...hosts.flatMap(failureLine),
    ...(failed === 0 ? [] : [`${failed} of ${counted(hosts.length, "host")} failed\n`]),
    ...agentsLine(document),
  ].join("");
}
