/** Why a program is needed; decides which uses of the VM it stands in the way of. */
export type RequirementUse = "run" | "prepare" | "modules" | "systemd";

/** A program or file that the VM needs, and the Debian package that brings it. */
export interface Requirement {
  readonly name: string;
  /** Any of these suffices: commands, or absolute paths. */
  readonly anyOf: readonly string[];
  readonly debianPackage: string;
  readonly use: RequirementUse;
}

/** The C virtiofsd of Debian 12 and the Rust one of later releases. */
export const virtiofsdPaths = {
  rust: ["/usr/libexec/virtiofsd", "/usr/lib/virtiofsd"],
  c: ["/usr/lib/qemu/virtiofsd"],
} as const;

/** Debian's signing keys; the file's ending changed with Debian 13. */
export const keyringPaths = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp",
] as const;

export const requirements: readonly Requirement[] = [
  { name: "qemu-system-x86_64", anyOf: ["qemu-system-x86_64"], debianPackage: "qemu-system-x86", use: "run" },
  {
    name: "virtiofsd",
    anyOf: [...virtiofsdPaths.rust, ...virtiofsdPaths.c],
    debianPackage: "virtiofsd (Debian 12: qemu-system-common)",
    use: "run",
  },
  { name: "unshare", anyOf: ["unshare"], debianPackage: "util-linux", use: "run" },
  { name: "flock", anyOf: ["flock"], debianPackage: "util-linux", use: "run" },
  { name: "setpriv", anyOf: ["setpriv"], debianPackage: "util-linux", use: "run" },
  { name: "mount", anyOf: ["mount"], debianPackage: "mount", use: "run" },
  { name: "apt-get", anyOf: ["apt-get"], debianPackage: "apt", use: "prepare" },
  { name: "gpgv", anyOf: ["gpgv", "sqv"], debianPackage: "gpgv", use: "prepare" },
  { name: "dpkg-deb", anyOf: ["dpkg-deb"], debianPackage: "dpkg", use: "prepare" },
  { name: "debian-archive-keyring", anyOf: keyringPaths, debianPackage: "debian-archive-keyring", use: "prepare" },
  { name: "zstd", anyOf: ["zstd"], debianPackage: "zstd", use: "prepare" },
  { name: "modprobe", anyOf: ["modprobe"], debianPackage: "kmod", use: "modules" },
  { name: "depmod", anyOf: ["depmod"], debianPackage: "kmod", use: "modules" },
  { name: "systemd", anyOf: ["/lib/systemd/systemd"], debianPackage: "systemd", use: "systemd" },
  { name: "dbus-daemon", anyOf: ["dbus-daemon"], debianPackage: "dbus", use: "systemd" },
];

/** Decompressors and compilers that are needed only now and then. */
const otherPackages: Readonly<Record<string, string>> = {
  lz4: "lz4",
  xz: "xz-utils",
  bzip2: "bzip2",
  cc: "gcc libc6-dev",
  "apt-cache": "apt",
  "apt-config": "apt",
};

/** Debian package that brings a program. */
export function packageOf(name: string): string {
  return requirements.find((requirement) => requirement.name === name)?.debianPackage ?? otherPackages[name] ?? name;
}
