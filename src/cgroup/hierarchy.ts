import { openSync, readFileSync } from "node:fs";
import { doFileCalls } from "../kernel/index.ts";

/** A resource controller by its v2 name; v1's `blkio` is `io` here. */
export const controllers = ["cpu", "cpuacct", "cpuset", "memory", "io", "pids", "freezer", "hugetlb"] as const;
export type Controller = (typeof controllers)[number];

/** One mounted cgroup hierarchy as this process sees it. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Controllers that can be used through it. */
  readonly controllers: readonly Controller[];
  /** Directory of the group this process is in, or null when that lies outside the mount. */
  readonly ownDirectory: string | null;
  readonly readOnly: boolean;
  /** Where a relative `--cgroup-parent` counts from, when that is not `ownDirectory`: the caller's group, not the process's. */
  readonly callerDirectory?: string | null;
}

/** What the host's cgroup mounts offer, per controller (design vocabulary: hierarchy). */
export interface HostCgroups {
  readonly kind: "v2" | "v1" | "hybrid" | "none";
  readonly hierarchies: readonly Hierarchy[];
  /** The cgroup v2 mount, with or without controllers; it tracks, freezes, kills and measures pressure. */
  readonly unified: Hierarchy | null;
  /** The hierarchy that owns a controller here; a controller that is absent has none. */
  readonly owner: Readonly<Partial<Record<Controller, Hierarchy>>>;
}

/** Raw texts the discovery works from; read by readCgroupTexts, written by hand in tests. */
export interface CgroupTexts {
  /** /proc/self/mountinfo, proc(5). */
  readonly mountinfo: string;
  /** /proc/self/cgroup, cgroups(7). */
  readonly selfCgroup: string;
  /** /proc/cgroups: which v1 hierarchy id, if any, holds a controller. */
  readonly procCgroups: string;
  /** Text of `cgroup.controllers` in a v2 mount, empty when it cannot be read. */
  readonly unifiedControllers: (mountPoint: string) => string;
}

interface Mount {
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly readOnly: boolean;
}

/** Undoes the octal escapes (`\040`) that the kernel uses in mountinfo paths. */
function unescapeMountPath(path: string): string {
  if (!path.includes("\\")) return path;
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function parseMounts(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    if (before === undefined || after === undefined) continue;
    const fields = before.split(" ");
    const [type, , superOptions] = after.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    mounts.push({
      root: unescapeMountPath(fields[3] ?? "/"),
      mountPoint: unescapeMountPath(fields[4] ?? ""),
      type,
      options: (superOptions ?? "").split(","),
      readOnly: (fields[5] ?? "").split(",").includes("ro"),
    });
  }
  return mounts;
}

let lastMounts: { readonly mountinfo: string; readonly mounts: readonly Mount[] } = { mountinfo: "", mounts: [] };

/** The mounts seldom change between two readings, and there may be hundreds. */
function mountsOf(mountinfo: string): readonly Mount[] {
  if (lastMounts.mountinfo !== mountinfo) lastMounts = { mountinfo, mounts: parseMounts(mountinfo) };
  return lastMounts.mounts;
}

/** The own group's path per hierarchy: controller name (v1), `name=x` (v1 named), or "" (v2) → path. */
function parseSelfCgroup(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    // The path may hold colons.
    const [id = "", names, ...path] = line.split(":");
    if (names === undefined || path.length === 0 || id === "") continue;
    for (const name of names.split(",")) paths.set(name, path.join(":"));
  }
  return paths;
}

function ownDirectoryOf(mount: Mount, path: string | undefined): string | null {
  if (path === undefined || `${path}/`.startsWith("/../")) return null;
  const base = mount.root === "/" ? "" : mount.root;
  if (base !== "" && path !== base && !path.startsWith(`${base}/`)) return null;
  const below = path.slice(base.length);
  return `${mount.mountPoint}${below.endsWith("/") ? below.slice(0, -1) : below}`;
}

const isController = (name: string): name is Controller => (controllers as readonly string[]).includes(name);
const toV2Name = (name: string): string => (name === "blkio" ? "io" : name);

let lastEnabled: { readonly procCgroups: string; readonly names: ReadonlySet<string> } = {
  procCgroups: "",
  names: new Set(),
};

/** Seldom another between two readings, but for how many groups there are. */
function enabledControllers(procCgroups: string): ReadonlySet<string> {
  if (lastEnabled.procCgroups === procCgroups) return lastEnabled.names;
  const fields = procCgroups.split("\n").map((line) => line.split("\t"));
  const names = new Set(fields.filter(([, , , enabled]) => enabled === "1").map(([name = ""]) => toV2Name(name)));
  lastEnabled = { procCgroups, names };
  return names;
}

/** Pure part of discovery: texts in, layout out. */
export function parseHostCgroups(texts: CgroupTexts): HostCgroups {
  const own = parseSelfCgroup(texts.selfCgroup);
  const enabled = enabledControllers(texts.procCgroups);
  const hierarchies: Hierarchy[] = [];
  const seen = new Set<string>();
  for (const mount of mountsOf(texts.mountinfo)) {
    const v2 = mount.type === "cgroup2";
    const names = v2
      ? texts.unifiedControllers(mount.mountPoint).trim().split(" ")
      : mount.options.map(toV2Name).filter((name) => enabled.size === 0 || enabled.has(name));
    const key = v2 ? "v2" : `v1:${mount.options.join(",")}`;
    if (seen.has(key)) continue;
    const path = v2 ? own.get("") : own.get(mount.options.find((option) => own.has(option)) ?? "\0");
    const usable = names.filter(isController);
    if (!v2 && usable.length === 0) continue;
    seen.add(key);
    hierarchies.push({
      version: v2 ? 2 : 1,
      mountPoint: mount.mountPoint,
      controllers: usable,
      ownDirectory: ownDirectoryOf(mount, path),
      readOnly: mount.readOnly,
    });
  }
  return describeHost(hierarchies);
}

function describeHost(hierarchies: readonly Hierarchy[]): HostCgroups {
  const owner: Partial<Record<Controller, Hierarchy>> = {};
  for (const hierarchy of hierarchies) {
    for (const controller of hierarchy.controllers) owner[controller] ??= hierarchy;
  }
  const unified = hierarchies.find((hierarchy) => hierarchy.version === 2) ?? null;
  const anyV1 = hierarchies.some((hierarchy) => hierarchy.version === 1);
  const kind = unified === null ? (anyV1 ? "v1" : "none") : anyV1 ? "hybrid" : "v2";
  return { kind, hierarchies, unified, owner };
}

/** A host as another process stands in it, with relative parents still counting from where the caller stands. */
export function seenFrom(host: HostCgroups, caller: HostCgroups): HostCgroups {
  return describeHost(
    host.hierarchies.map((hierarchy) => ({
      ...hierarchy,
      callerDirectory:
        caller.hierarchies.find(({ mountPoint }) => mountPoint === hierarchy.mountPoint)?.ownDirectory ?? null,
    })),
  );
}

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/**
 * Reads the host's cgroup mounts once, and then where any process stands in them: `ownDirectory` of every hierarchy is
 * that of the process asked for. An unreadable file counts as empty; a process that is gone has no directories.
 */
export function hostCgroupsReader(): (pid: number | "self") => HostCgroups {
  const mountinfo = readOrEmpty("/proc/self/mountinfo");
  const procCgroups = readOrEmpty("/proc/cgroups");
  const controllersOf = (mountPoint: string): string => readOrEmpty(`${mountPoint}/cgroup.controllers`);
  // Who asks again and again mostly asks for processes that stand in the same groups.
  let last: {
    readonly selfCgroup: string;
    readonly unified: ReadonlyMap<string, string>;
    readonly host: HostCgroups;
  } | null = null;
  return (pid) => {
    const selfCgroup = readOrEmpty(`/proc/${pid}/cgroup`);
    if (last?.selfCgroup === selfCgroup && [...last.unified].every(([mount, text]) => controllersOf(mount) === text))
      return last.host;
    const unified = new Map<string, string>();
    const unifiedControllers = (mountPoint: string): string => {
      const text = controllersOf(mountPoint);
      unified.set(mountPoint, text);
      return text;
    };
    last = {
      selfCgroup,
      unified,
      host: parseHostCgroups({ mountinfo, selfCgroup, procCgroups, unifiedControllers }),
    };
    return last.host;
  };
}

/**
 * As `hostCgroupsReader`, of whoever asks again and again: the mounts are read anew when the kernel says that they have changed
 * (proc_pid_mountinfo(5), poll(2)).
 */
export function hostCgroupsWatch(): typeof hostCgroupsReader {
  let watched: { readonly fd: string; readonly reader: ReturnType<typeof hostCgroupsReader> } | null = null;
  return () => {
    if (watched !== null && !hasChanged(watched.fd)) return watched.reader;
    // Open for as long as this process lives; opened before it is read, so that no change is lost.
    const fd = watched?.fd ?? String(openSync("/proc/self/mountinfo", "r"));
    watched = { fd, reader: hostCgroupsReader() };
    return watched.reader;
  };
}

function hasChanged(fd: string): boolean {
  const [answer] = doFileCalls([{ call: "changed", path: fd }]);
  return answer === undefined || !("text" in answer) || answer.text !== "0";
}

/** Reads what this process may see of the host's cgroup mounts, and where it stands in them. */
export const discoverHostCgroups = (): HostCgroups => hostCgroupsReader()("self");
