import { tellMark } from "./scripts.ts";

/** What runs an agent on a host: a process of its own, systemd, or the systemd of a user. */
export const services = ["process", "system", "user"] as const;
export type Service = (typeof services)[number];

/** What a host has told of itself. */
export interface HostFacts {
  /** Names of the system, machine and kernel, as uname(1) says. */
  readonly system: string;
  readonly machine: string;
  readonly kernel: string;
  readonly uid: number;
  /** Absolute path of what there is of Corral, or will be. */
  readonly directory: string;
  /** Path of Node and what it says of its version; null without one. */
  readonly node: string | null;
  readonly nodeVersion: string | null;
  /** Of the file system of the directory; null when it is not known. */
  readonly freeBytes: number | null;
  readonly writable: boolean;
  /** Programs that are needed and not there. */
  readonly lacking: readonly string[];
  /** Releases that are there, whole. */
  readonly releases: readonly string[];
  /** The one that is started next. */
  readonly current: string | null;
  readonly systemd: boolean;
  readonly systemdOfUser: boolean;
  /** sha256 of the units that are there. */
  readonly units: Readonly<Record<"system" | "user", string | null>>;
  /** The agent that was started here and runs. */
  readonly agent: RunningAgent | null;
}

export interface RunningAgent {
  readonly pid: number;
  readonly release: string;
  /** Digest of what it was started with. */
  readonly settings: string;
}

/** What a script has told, by name; a name may have been told several times. */
export type Told = ReadonlyMap<string, readonly string[]>;

/** Picks what a script tells out of all that came on its stdout. */
export function readTold(text: string): Told {
  const told = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [mark, name, ...rest] = line.split("\t");
    if (mark !== tellMark || name === undefined) continue;
    told.set(name, [...(told.get(name) ?? []), rest.join("\t")]);
  }
  return told;
}

/** The last word on something; null when nothing was said, or nothing but blanks. */
export const lastOf = (told: Told, name: string): string | null => told.get(name)?.at(-1)?.trim() || null;

const wholeOf = (told: Told, name: string): number | null => {
  const text = lastOf(told, name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
};

/** Names of releases are part of paths that are removed. */
const releaseRule = /^[0-9A-Za-z][0-9A-Za-z.+-]*$/;

function agentOf(told: Told): RunningAgent | null {
  const pid = wholeOf(told, "agent_pid");
  return pid === null
    ? null
    : { pid, release: lastOf(told, "agent_release") ?? "", settings: lastOf(told, "agent_settings") ?? "" };
}

export function factsOf(told: Told): HostFacts {
  const freeKib = wholeOf(told, "free_kib");
  return {
    system: lastOf(told, "system") ?? "",
    machine: lastOf(told, "machine") ?? "",
    kernel: lastOf(told, "kernel") ?? "",
    uid: wholeOf(told, "uid") ?? -1,
    directory: lastOf(told, "directory") ?? "",
    node: lastOf(told, "node"),
    nodeVersion: lastOf(told, "node_version"),
    freeBytes: freeKib === null ? null : freeKib * 1024,
    writable: told.has("writable"),
    lacking: told.get("lacking") ?? [],
    releases: (told.get("release") ?? []).filter((one) => releaseRule.test(one)),
    current: lastOf(told, "current"),
    systemd: told.has("systemd"),
    systemdOfUser: told.has("systemd_user"),
    units: { system: lastOf(told, "unit_system"), user: lastOf(told, "unit_user") },
    agent: agentOf(told),
  };
}
