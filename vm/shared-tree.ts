/** A mount of the host, from /proc/self/mountinfo. */
export interface HostMount {
  readonly mountPoint: string;
  readonly fsType: string;
}

/** Mounts that the guest makes for itself: it sees nothing of the host's there. */
export const ownMounts = ["/proc", "/sys", "/dev", "/run"];

/** Parses mountinfo (proc_pid_mountinfo(5)). */
export function parseMounts(text: string): HostMount[] {
  return text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const mountPoint = before?.split(" ")[4];
    const fsType = after?.split(" ")[0];
    return mountPoint === undefined || fsType === undefined ? [] : [{ mountPoint: unescapeOctal(mountPoint), fsType }];
  });
}

/**
 * The file systems beside / that the guest has to see as well: those that hold one of the paths it
 * needs. Sharing everything would share the host's /proc and network file systems too.
 */
export function planExtraBinds(mounts: readonly HostMount[], neededPaths: readonly string[]): string[] {
  const points = mounts.map(({ mountPoint }) => mountPoint).filter((point) => point !== "/");
  const wanted = points.filter(
    (point) =>
      !ownMounts.some((own) => isAtOrBelow(point, own)) && neededPaths.some((path) => isAtOrBelow(path, point)),
  );
  return [...new Set(wanted)].toSorted((a, b) => a.length - b.length);
}

/**
 * Shell script that shows the host's files read-only at a mount point and then becomes virtiofsd.
 * Runs in a mount namespace of its own, so that nothing of it is seen outside.
 */
export function renderShareScript(mountPoint: string, binds: readonly string[], server: readonly string[]): string {
  const places = ["/", ...binds].map((source) => ({
    source,
    target: source === "/" ? mountPoint : mountPoint + source,
  }));
  const lines = places.flatMap(({ source, target }) => [
    `mount --bind ${shellQuote(source)} ${shellQuote(target)}`,
    `mount -o remount,ro,bind ${shellQuote(target)}`,
  ]);
  return [...lines, `exec ${server.map(shellQuote).join(" ")}`].join(" &&\n");
}

/** Arguments of the Rust virtiofsd: files are reopened by handle, so it holds few descriptors. */
export function planRustServer(program: string, socket: string, source: string): string[] {
  const access = [`--socket-path=${socket}`, `--shared-dir=${source}`, "--sandbox=chroot"];
  return [program, ...access, "--cache=always", "--inode-file-handles=prefer"];
}

/** Arguments of QEMU 7.2's C virtiofsd: it holds one descriptor for each inode that the guest has looked up. */
export function planCServer(program: string, socket: string, source: string): string[] {
  return [program, `--socket-path=${socket}`, "-o", `source=${source}`, "-o", "cache=always", "-f"];
}

/** One word for a POSIX shell. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Whether a path is a directory or inside it. Both absolute and normalised. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
