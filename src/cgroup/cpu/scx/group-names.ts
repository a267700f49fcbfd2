import { readdirSync, statSync } from "node:fs";

/** Where cgroup v2 is mounted. */
const mount = "/sys/fs/cgroup";

/**
 * Paths of groups below the mount, `/` for the root, by the inode number of their directories. Looks at the tree again when asked for a
 * number that it does not know.
 */
export function groupNames(): (id: number) => string | null {
  const names = new Map<number, string>();
  const scan = (): void => {
    names.clear();
    const note = (directory: string): void => {
      try {
        names.set(statSync(directory).ino, directory.slice(mount.length) || "/");
      } catch {
        // Gone meanwhile.
      }
    };
    note(mount);
    try {
      for (const one of readdirSync(mount, { withFileTypes: true, recursive: true }))
        if (one.isDirectory()) note(`${one.parentPath}/${one.name}`);
    } catch {
      // A group has gone while the tree was read; the rest is found next time.
    }
  };
  return (id) => {
    if (!names.has(id)) scan();
    return names.get(id) ?? null;
  };
}
