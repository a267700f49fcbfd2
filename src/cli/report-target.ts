import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** What a path that the user named stands for. */
export type ReportTarget =
  /** A plain file, or none yet: replaced in one step. The path goes through no symbolic link any more. */
  | { readonly kind: "file"; readonly path: string; readonly exists: boolean }
  /** One of our own descriptors (/dev/stderr, /dev/fd/3): written at its own position, as the shell's `>&3` would. */
  | { readonly kind: "descriptor"; readonly fd: number }
  /** A pipe, a terminal, whatever else lies below /dev or /proc: opened and written to, never replaced or created. */
  | { readonly kind: "other"; readonly path: string };

/** As the kernel's own limit of links in one path (path_resolution(7)). */
const mostLinks = 40;

/** @throws the errno of a path that leads nowhere */
export function reportTarget(named: string): ReportTarget {
  let at = resolve(named);
  for (let links = 0; links <= mostLinks; links += 1) {
    if (at === "/") return { kind: "other", path: at };
    at = join(realpathSync(dirname(at)), basename(at));
    const fd = new RegExp(`^/proc/${process.pid}(?:/task/\\d+)?/fd/(\\d+)$`).exec(at)?.[1];
    if (fd !== undefined) return { kind: "descriptor", fd: Number(fd) };
    const entry = lstatSync(at, { throwIfNoEntry: false });
    // Other links of /proc are not what readlink says (proc(5)): the kernel follows them.
    if (entry?.isSymbolicLink() === true && !at.startsWith("/proc/")) at = resolve(dirname(at), readlinkSync(at));
    else if (at.startsWith("/proc/") || (at.startsWith("/dev/") && !at.startsWith("/dev/shm/")))
      return { kind: "other", path: at };
    else if (entry === undefined || entry.isFile()) return { kind: "file", path: at, exists: entry !== undefined };
    else return { kind: "other", path: at };
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP" });
}
