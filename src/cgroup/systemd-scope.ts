import { existsSync, mkdirSync, readFileSync } from "node:fs";
import type { Message, MessageBus } from "@particle/dbus-next";
import { packageRoot } from "../kernel/index.ts";
import { CorralError, errnoOf } from "../report/index.ts";
import { writeControl } from "./control-file.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { Parent } from "./placement.ts";

/** How long systemd may take to make a scope. */
const scopeTimeoutMs = 10_000;

const systemdName = "org.freedesktop.systemd1";
const systemdPath = "/org/freedesktop/systemd1";
const managerInterface = "org.freedesktop.systemd1.Manager";

/** True when systemd is process 1 of this host (sd_booted(3)). */
export function systemdIsRunning(): boolean {
  systemdRuns ??= existsSync("/run/systemd/system");
  return systemdRuns;
}

/** The same for as long as the host is up. */
let systemdRuns: boolean | null = null;

const dbusClient = "@particle/dbus-next";

/** True when the optional D-Bus client lies beside Corral. */
export function dbusClientIsInstalled(): boolean {
  // Loaded when asked for: every cold run would pay for it.
  const { createRequire } = process.getBuiltinModule("node:module");
  try {
    createRequire(`${packageRoot()}/package.json`).resolve(dbusClient);
    return true;
  } catch {
    return false;
  }
}

/**
 * False where systemd runs but nobody could ask it for a scope: the bus of this user has no socket. A bus that is
 * there may still refuse.
 */
export function scopeCanBeAsked(uid: number, environment: NodeJS.ProcessEnv): boolean {
  if (!systemdIsRunning() || !dbusClientIsInstalled()) return false;
  if (uid === 0) return existsSync("/run/dbus/system_bus_socket");
  const named = /^unix:path=([^,;]+)/.exec(environment["DBUS_SESSION_BUS_ADDRESS"] ?? "")?.[1];
  return existsSync(named ?? `/run/user/${uid}/bus`);
}

export interface ScopeRequest {
  /** Job the scope is for; its id becomes part of the unit's name. */
  readonly jobId: string;
  /**
   * Processes that systemd moves into the scope: the one that waits to become the workload, and one that stays,
   * because systemd removes a scope with all its counters the moment it is empty.
   */
  readonly pids: readonly number[];
  readonly uid: number;
}

/** `corral-<job>.scope`, with what a unit name may not hold escaped as systemd-escape(1) does. */
export function scopeName(jobId: string): string {
  const escaped = jobId.replace(
    /[^A-Za-z0-9:_.-]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `corral-${escaped}.scope`;
}

async function connect(uid: number): Promise<{ bus: MessageBus; dbus: typeof import("@particle/dbus-next") }> {
  let dbus: typeof import("@particle/dbus-next");
  try {
    dbus = await import("@particle/dbus-next");
  } catch (cause) {
    throw new CorralError("SYSTEMD", "the D-Bus client is not installed", {
      object: dbusClient,
      fix: "install it beside corral: npm install @particle/dbus-next",
      cause,
    });
  }
  const address = process.env["DBUS_SESSION_BUS_ADDRESS"] ?? `unix:path=/run/user/${uid}/bus`;
  const bus = uid === 0 ? dbus.systemBus() : dbus.sessionBus({ busAddress: address });
  await new Promise<void>((resolve, reject) => {
    bus.once("connect", () => resolve());
    bus.once("error", reject);
  });
  return { bus, dbus };
}

/** Runs one conversation with systemd and closes the connection; every failure becomes one SYSTEMD error. */
async function withBus<T>(
  uid: number,
  talk: (bus: MessageBus, dbus: typeof import("@particle/dbus-next")) => Promise<T>,
): Promise<T> {
  let bus: MessageBus | null = null;
  try {
    const connection = await connect(uid);
    bus = connection.bus;
    return await talk(bus, connection.dbus);
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new CorralError(
      "SYSTEMD",
      `systemd could not be asked for a scope: ${why || errnoOf(thrown) || "no answer"}`,
      {
        object: uid === 0 ? "system bus" : "user bus",
        fix:
          uid === 0
            ? "check that dbus is running"
            : "log in through a session with a user manager, or use --scope cgroupfs",
        cause: thrown,
      },
    );
  } finally {
    bus?.disconnect();
  }
}

/** Waits for the end of one systemd job; the listener must be in place before the job is asked for. */
function jobEnds(bus: MessageBus): { readonly ended: (job: string) => Promise<string> } {
  const results = new Map<string, string>();
  let wake = (): void => {};
  bus.on("message", (message: Message) => {
    if (message.member !== "JobRemoved" || message.interface !== managerInterface) return;
    const [, job, , result] = message.body as [number, string, string, string];
    results.set(job, result);
    wake();
  });
  return {
    ended: (job) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("it did not answer in time")), scopeTimeoutMs);
        wake = () => {
          const result = results.get(job);
          if (result === undefined) return;
          clearTimeout(timer);
          resolve(result);
        };
        wake();
      }),
  };
}

async function startScope(request: ScopeRequest): Promise<void> {
  await withBus(request.uid, async (bus, { Message, Variant }) => {
    const call = (member: string, signature: string, body: unknown[], target = systemdName): Promise<Message | null> =>
      bus.call(
        new Message({
          destination: target,
          path: target === systemdName ? systemdPath : "/org/freedesktop/DBus",
          interface: target === systemdName ? managerInterface : "org.freedesktop.DBus",
          member,
          signature,
          body,
        }),
      );
    const rule = `type='signal',interface='${managerInterface}',member='JobRemoved'`;
    await call("AddMatch", "s", [rule], "org.freedesktop.DBus");
    await call("Subscribe", "", []);
    const jobs = jobEnds(bus);
    const properties = [
      ["Description", new Variant("s", `corral job ${request.jobId}`)],
      ["Delegate", new Variant("b", true)],
      ["CollectMode", new Variant("s", "inactive-or-failed")],
      ["PIDs", new Variant("au", [...request.pids])],
    ];
    const reply = await call("StartTransientUnit", "ssa(sv)a(sa(sv))", [
      scopeName(request.jobId),
      "fail",
      properties,
      [],
    ]);
    const result = await jobs.ended(String(reply?.body[0]));
    if (result !== "done") throw new Error(`its job ended as ${result}`);
  });
}

/** The v2 group a process is in, as a directory of the mount. */
function directoryOfProcess(hierarchy: Hierarchy, pid: number): string {
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? "/";
  return `${hierarchy.mountPoint}${path === "/" ? "" : path}`;
}

/**
 * Asks systemd for a transient scope around waiting processes (org.freedesktop.systemd1(5), StartTransientUnit with
 * Delegate=yes), and parks them in a child of it, so that the scope itself may have controllers. systemd removes all
 * of it when the last process has left.
 * @returns the scope, as the parent of a job's group
 * @throws CorralError SYSTEMD when systemd or its bus cannot be reached or refuses; CGROUP_IO when the scope cannot be used
 */
export async function requestScope(hierarchy: Hierarchy, request: ScopeRequest): Promise<Parent> {
  await startScope(request);
  const directory = directoryOfProcess(hierarchy, request.pids[0] ?? process.pid);
  if (!directory.endsWith(".scope")) {
    throw new CorralError("SYSTEMD", `systemd did not move the process into a scope but left it in ${directory}`, {
      object: directory,
    });
  }
  const parking = `${directory}/parking`;
  mkdirSync(parking);
  for (const pid of request.pids) writeControl(`${parking}/cgroup.procs`, String(pid));
  return { hierarchy, directory, stepAside: false };
}
