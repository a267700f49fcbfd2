import type { VmInit, VmSpec } from "./options.ts";
import { isAtOrBelow, shellQuote } from "./shared-tree.ts";

/** Directory of the running guest that holds what the host prepared for it. */
export const guestDirectory = "/run/corral-vm";

const standardPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What the guest's scripts need to know; read by a POSIX shell. */
export interface GuestSettings {
  /** Marks this guest's own lines on the console. */
  readonly nonce: string;
  readonly init: VmInit;
  /** Directory for `modprobe -d`, or null. */
  readonly modulesRoot: string | null;
  /** Whether words on the second console are signals for the command. */
  readonly passesSignal: boolean;
  /** Paths of the host that have to stay visible. */
  readonly neededPaths: readonly string[];
}

/** The file `settings`. /tmp and /var become writable unless something that the guest needs lies below them. */
export function renderGuestSettings({ nonce, init, modulesRoot, passesSignal, neededPaths }: GuestSettings): string {
  const covers = (directory: string): boolean => neededPaths.some((path) => isAtOrBelow(path, directory));
  const directories = [
    ...(covers("/tmp") ? [] : ["/tmp"]),
    ...(covers("/var") && !covers("/var/tmp") ? ["/var/tmp"] : []),
  ];
  const settings = {
    nonce,
    init,
    tmpfs_directories: directories.join(" "),
    tmpfs_var: covers("/var") ? "0" : "1",
    modules_root: modulesRoot ?? "",
    passes_signal: passesSignal ? "1" : "0",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join("");
}

/** The file `job`: a script that becomes the command, in its directory and with exactly its environment. */
export function renderJob({ command, cwd, env }: Pick<VmSpec, "command" | "cwd" | "env">, nodePath: string): string {
  const variables = { ...guestEnvironment(nodePath), ...env };
  const assignments = Object.entries(variables).map(([name, value]) => shellQuote(`${name}=${value}`));
  return [
    "#!/bin/sh",
    `cd ${shellQuote(cwd)} || exit 125`,
    `exec env -i ${assignments.join(" ")} ${command.map(shellQuote).join(" ")}`,
    "",
  ].join("\n");
}

/** The command's environment before the caller's own variables. Node is found where this process has it. */
export function guestEnvironment(nodePath: string): Record<string, string> {
  const nodeDirectory = nodePath.slice(0, nodePath.lastIndexOf("/"));
  const path = standardPath.includes(nodeDirectory) ? standardPath : [nodeDirectory, ...standardPath];
  return {
    PATH: [`${guestDirectory}/bin`, ...path].join(":"),
    HOME: "/run/home",
    TMPDIR: "/run/tmp",
    LANG: "C.UTF-8",
    USER: "root",
    CORRAL_VM: "1",
  };
}

/** The kernel command line. Words with `=` that the kernel does not know become the environment of init. */
export function renderKernelCommandLine(hostDirectory: string, init: VmInit, extra: readonly string[]): string {
  return [
    ...["console=ttyS0", "panic=-1", "quiet", "psi=1"],
    ...["root=rootfs", "rootfstype=virtiofs", "ro"],
    ...[`init=${hostDirectory}/guest/init`, `CORRAL_VM_DIR=${hostDirectory}`],
    ...(init === "systemd" ? ["systemd.unified_cgroup_hierarchy=1"] : []),
    ...extra,
  ].join(" ");
}
