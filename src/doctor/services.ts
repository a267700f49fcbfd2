import { existsSync } from "node:fs";
import { dbusClientIsInstalled } from "../cgroup/index.ts";
import type { Finding } from "./finding.ts";
import type { Host } from "./host.ts";

/** What a scope request needs. */
export interface ServiceFacts {
  readonly systemd: boolean;
  readonly uid: number;
  /** Path of the bus that is there, or null. */
  readonly systemBus: string | null;
  readonly userBus: string | null;
  /** Null when the D-Bus client can be loaded, else why not. */
  readonly clientProblem: string | null;
}

const socketAt = (paths: readonly (string | undefined)[]): string | null =>
  paths.find((path) => path !== undefined && existsSync(path)) ?? null;

/** The socket path in a D-Bus address (`unix:path=/run/user/1000/bus`). */
const socketPath = (address: string | undefined): string | undefined => /^unix:path=([^,;]+)/.exec(address ?? "")?.[1];

/** Looks for systemd, the buses and the D-Bus client; connects to nothing. */
export function gatherServices(host: Host): ServiceFacts {
  const { env } = host.request;
  return {
    systemd: host.systemd,
    uid: host.uid,
    systemBus: socketAt([
      socketPath(env["DBUS_SYSTEM_BUS_ADDRESS"]),
      "/run/dbus/system_bus_socket",
      "/var/run/dbus/system_bus_socket",
    ]),
    userBus: socketAt([socketPath(env["DBUS_SESSION_BUS_ADDRESS"]), `/run/user/${host.uid}/bus`]),
    clientProblem: dbusClientIsInstalled() ? null : "not installed",
  };
}

/** True when systemd could be asked for a delegated scope: root asks the system bus, a user the own one. */
export const canAskForScope = (facts: ServiceFacts): boolean =>
  facts.systemd && facts.clientProblem === null && (facts.uid === 0 ? facts.systemBus : facts.userBus) !== null;

function judgeBus(name: "system bus" | "user bus", path: string | null, needed: boolean): Finding {
  return {
    group: "services",
    name,
    status: path === null ? "no" : "yes",
    found: path ?? "no socket",
    probe: name === "system bus" ? "/run/dbus/system_bus_socket" : "DBUS_SESSION_BUS_ADDRESS, /run/user/UID/bus",
    consequence: !needed
      ? "not needed by this user"
      : path === null
        ? "systemd cannot be asked for a scope"
        : "systemd can be asked for a scope over it",
    facts: { path },
  };
}

/** Probes of the section systemd and D-Bus. */
export function judgeServices(facts: ServiceFacts): Finding[] {
  const { systemd, uid } = facts;
  return [
    {
      group: "services",
      name: "systemd",
      status: systemd ? "yes" : "no",
      found: systemd ? "manages this host" : "does not manage this host",
      probe: "/run/systemd/system",
      consequence: systemd
        ? "groups are made in delegated subtrees only; where there is none, systemd is asked for a scope (cgroup v2 only)"
        : "groups are made directly in the cgroup mounts; --scope systemd is refused",
      facts: { running: systemd },
    },
    judgeBus("system bus", facts.systemBus, uid === 0),
    judgeBus("user bus", facts.userBus, uid !== 0),
    {
      group: "services",
      name: "D-Bus client",
      status: facts.clientProblem === null ? "yes" : "no",
      found: facts.clientProblem ?? "@particle/dbus-next can be loaded",
      probe: "resolving @particle/dbus-next",
      consequence:
        facts.clientProblem === null
          ? "loaded only when a scope is asked for"
          : "--scope systemd is refused; npm install @particle/dbus-next adds it",
      facts: { resolvable: facts.clientProblem === null },
    },
  ];
}
