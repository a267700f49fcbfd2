import { listPids, readProcText } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { groupOfLines } from "../tree/index.ts";

/** Processes as systemd and container runtimes group them. */
export type GroupName =
  | { readonly kind: "unit"; readonly name: string }
  | { readonly kind: "container"; readonly name: string };

/** The name that a component of a path is compared with: a unit's own, a service when it does not say. */
const unitOf = (name: string): string => (/\.(service|scope)$/.test(name) ? name : `${name}.service`);

/**
 * Whether a component of a path is the group of a container, as runtimes name it: `<id>` (cgroupfs driver), `docker-<id>.scope`,
 * `libpod-<id>.scope`, `cri-containerd-<id>.scope` and the like. @param id 12 hexadecimal digits or more, the first of the id
 */
const isContainer = (part: string, id: string): boolean =>
  new RegExp(`^(?:[a-z]+[a-z-]*[-:])?${id}[0-9a-f]*(?:\\.scope)?$`).test(part);

/** The groups, of the paths of processes, that have this name; each once. */
export function groupsNamed(paths: readonly string[], { kind, name }: GroupName): readonly string[] {
  const fits = kind === "unit" ? (part: string) => part === unitOf(name) : (part: string) => isContainer(part, name);
  const groups = paths.flatMap((path) => {
    const parts = path.split("/");
    const at = parts.findIndex(fits);
    return at === -1 ? [] : [parts.slice(0, at + 1).join("/")];
  });
  return [...new Set(groups)];
}

/**
 * The one group on this host that has the name, by what /proc says of all processes.
 * @returns its path as /proc/PID/cgroup has it
 * @throws CorralError USAGE for a name that is none, or that several groups have; PROCESS_GONE when no process is in such a group
 */
export function findNamedGroup(wanted: GroupName): string {
  const { kind, name } = wanted;
  const isName = kind === "unit" ? /^[A-Za-z0-9:_.\\@-]{1,255}$/ : /^[0-9a-f]{12,64}$/;
  if (!isName.test(name)) {
    const expects = kind === "unit" ? "the name of a systemd service or scope" : "12 to 64 hexadecimal digits";
    throw new CorralError("USAGE", `${kind} expects ${expects}, not ${quote(name)}`, { object: kind, found: name });
  }
  const paths = listPids().flatMap((pid) => groupOfLines(readProcText(`/proc/${pid}/cgroup`)) ?? []);
  const [group, ...more] = groupsNamed(paths, wanted);
  if (group === undefined)
    throw new CorralError("PROCESS_GONE", `no process is in a group of the ${kind} ${quote(name)}`, { object: name });
  if (more.length > 0)
    throw new CorralError("USAGE", `${more.length + 1} groups have the name ${quote(name)}`, {
      object: name,
      found: [group, ...more].join(", "),
      fix: "name one process of it instead",
    });
  return group;
}
