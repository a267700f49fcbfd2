import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runChild } from "./child.mjs";
import { say } from "./say.mjs";

/**
 * A Debian/Ubuntu package and the evidence that what it brings is already here. Evidence is looked
 * for as files and commands, not in dpkg's database: it takes a millisecond, and it is also right
 * where the program came from somewhere else.
 * @typedef {object} SystemPackage
 * @property {string} name first choice for apt-get
 * @property {string} [orElse] the package that carries it on older releases
 * @property {readonly string[]} anyOf commands on PATH, or absolute paths; one suffices
 * @property {boolean} [isServer] to install it starts a server on the host where systemd runs: there it is left to its owner
 */

/** @typedef {"build" | "vm" | "tests"} NeedGroup */

/** What each group makes possible; printed when something is missing. */
export const groupPurpose = /** @type {const} */ ({
  build: "compile the native launcher and addon",
  vm: "boot the test machine (corral vm, npm run test:vm)",
  tests: "run every test of the host suite",
});

/** Where systemd itself is; /usr is not merged on every release. */
const systemdPaths = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/**
 * What each group needs. The groups overlap where two of them need one package.
 * @type {Readonly<Record<NeedGroup, readonly SystemPackage[]>>}
 */
export const systemPackages = {
  build: [
    { name: "gcc", anyOf: ["gcc"] },
    { name: "libc6-dev", anyOf: ["/usr/include/stdio.h"] },
  ],
  vm: [
    { name: "qemu-system-x86", anyOf: ["qemu-system-x86_64"] },
    {
      name: "virtiofsd",
      orElse: "qemu-system-common",
      anyOf: ["virtiofsd", "/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"],
    },
    { name: "zstd", anyOf: ["zstd"] },
    { name: "xz-utils", anyOf: ["xz"] },
    { name: "gpgv", anyOf: ["gpgv", "sqv"] },
    { name: "util-linux", anyOf: ["unshare"] },
    { name: "mount", anyOf: ["mount"] },
    { name: "kmod", anyOf: ["modprobe"] },
    { name: "systemd", anyOf: systemdPaths },
    { name: "dbus", anyOf: ["dbus-daemon"] },
    {
      name: "debian-archive-keyring",
      anyOf: ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"],
    },
  ],
  tests: [
    { name: "bash", anyOf: ["bash"] },
    { name: "util-linux", anyOf: ["unshare"] },
    { name: "stress-ng", anyOf: ["stress-ng"] },
    { name: "ffmpeg", anyOf: ["ffmpeg"] },
    { name: "systemd", anyOf: systemdPaths },
    { name: "dbus", anyOf: ["dbus-daemon"] },
    { name: "cgroup-tools", anyOf: ["cgexec"] },
    { name: "bubblewrap", anyOf: ["bwrap"] },
    { name: "strace", anyOf: ["strace"] },
    { name: "runc", anyOf: ["runc"] },
    { name: "openssl", anyOf: ["openssl"] },
    { name: "openssh-client", anyOf: ["ssh"] },
    { name: "openssh-server", anyOf: ["sshd"], isServer: true },
    { name: "nats-server", anyOf: ["nats-server"], isServer: true },
    { name: "python3-grpcio", anyOf: ["/usr/lib/python3/dist-packages/grpc"] },
    { name: "python3-grpc-tools", anyOf: ["/usr/lib/python3/dist-packages/grpc_tools"] },
  ],
};

/**
 * The packages of the groups that are not here.
 * @param {readonly NeedGroup[]} groups
 */
export function missingPackages(groups) {
  /** @param {SystemPackage} wanted */
  const isOurs = ({ isServer = false, anyOf }) => !anyOf.some(isPresent) && !(isServer && startsServers());
  return groups.flatMap((group) => systemPackages[group].filter(isOurs).map((wanted) => ({ ...wanted, group })));
}

/** Whether a package's server would be started: sd_booted(3). Tests that want one are skipped then, and say so. */
const startsServers = () => existsSync("/run/systemd/system");

/** @param {string} evidence */
function isPresent(evidence) {
  return evidence.startsWith("/") ? existsSync(evidence) : findCommand(evidence) !== null;
}

/**
 * Absolute path of a command, looked for on PATH and in the sbin folders that PATH of an ordinary
 * user lacks on Debian.
 * @param {string} command
 * @returns {string | null}
 */
export function findCommand(command) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    if (folder === "") continue;
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return null;
}

/**
 * Makes the groups' packages present. As root on Debian or Ubuntu installs what is missing;
 * otherwise, or when apt-get fails, prints the one line that would do it and goes on.
 * @param {readonly NeedGroup[]} groups
 * @returns {Promise<boolean>} whether everything is present now
 */
export async function ensureSystemPackages(groups) {
  const missing = missingPackages(groups);
  if (missing.length === 0) return true;

  const canInstall = process.getuid?.() === 0 && findCommand("apt-get") !== null;
  if (canInstall) await install(missing);

  const stillMissing = missingPackages(groups);
  if (stillMissing.length === 0) return true;
  for (const group of new Set(stillMissing.map((wanted) => wanted.group))) {
    const names = stillMissing.filter((wanted) => wanted.group === group).map((wanted) => wanted.name);
    say(`setup: missing, needed to ${groupPurpose[group]}: ${names.join(" ")}`);
  }
  const names = (await aptNames(stillMissing)).join(" ");
  say("setup: going on with what works without them; to have them all:");
  say(`  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names} && npm run setup`);
  return false;
}

/** @param {readonly SystemPackage[]} missing */
async function install(missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  say(`setup: installing with apt-get: ${missing.map((wanted) => wanted.name).join(" ")}`);
  const update = await runChild("apt-get", ["-q", "update"], { env });
  if (update.code !== 0) say(`setup: apt-get update failed, trying with the lists at hand: ${lastLine(update.output)}`);
  const names = await aptNames(missing);
  const result = await runChild("apt-get", ["-q", "install", "-y", "--no-install-recommends", ...names], { env });
  if (result.code !== 0) say(`setup: apt-get install failed: ${lastLine(result.output)}`);
}

/**
 * apt's names for the packages: the alternative where this release does not know the first choice.
 * @param {readonly SystemPackage[]} wanted
 */
async function aptNames(wanted) {
  const names = [];
  for (const { name, orElse } of wanted) {
    const known = orElse === undefined || (await isInstallable(name));
    names.push(known ? name : orElse);
  }
  return [...new Set(names)];
}

/** @param {string} name */
async function isInstallable(name) {
  const { code, output } = await runChild("apt-cache", ["policy", name]);
  return code === 0 && /Candidate: (?!\(none\))/.test(output);
}

/** @param {string} output */
function lastLine(output) {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
