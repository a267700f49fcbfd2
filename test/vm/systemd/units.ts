import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPackageRoot } from "../../shared/readable-copy.ts";

/** Where the guest's systemd looks for units first. */
const unitDirectory = "/run/systemd/system.control";
/** A directory of systemd's fixed search path for programs that a guest's host rarely uses. */
const programDirectory = "/usr/local/sbin";

/** A directory of the tests' own that every unit may read. */
export const scratch = "/run/corral-units";

export function systemctl(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync("systemctl", args, { encoding: "utf8", timeout: 60_000 });
  return { status, text: `${stdout}${stderr}`.trim() };
}

/** One property of a unit, as systemctl(1) shows it. */
export const property = (unit: string, name: string): string =>
  execFileSync("systemctl", ["show", "--value", "--property", name, unit], { encoding: "utf8" }).trim();

/** Puts a `corral` where a unit finds it, as an installation does. */
export function installCorral(): void {
  if (existsSync(join(programDirectory, "corral"))) return;
  mkdirSync(scratch, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "none", programDirectory]);
  symlinkSync(join(openPackageRoot(), "dist/corral.cjs"), join(programDirectory, "corral"));
}

/** Installs a unit as the package ships it, with settings that a test needs beside. */
export function installUnit(name: string, ...settings: readonly string[]): void {
  copyFileSync(join(openPackageRoot(), "systemd", name), join(unitDirectory, name));
  const dropIns = join(unitDirectory, `${name}.d`);
  mkdirSync(dropIns, { recursive: true });
  writeFileSync(join(dropIns, "test.conf"), ["[Service]", ...settings, ""].join("\n"));
  systemctl("daemon-reload");
}

/** The checkout stays where it is while the rest of /tmp, read-only where the checkout lies in it, becomes a scratch directory. */
const withOwnTmp = [
  'mkdir -p /run/checkout && mount --bind "$1" /run/checkout && mount -t tmpfs none /tmp',
  'mkdir -p "$1" && mount --bind /run/checkout "$1" && exec systemd-analyze verify "$1/systemd/$2"',
].join(" && ");

/** What systemd-analyze(1) says of a unit of the package; it works in /tmp, whatever TMPDIR is. */
export function verifyUnit(name: string): readonly [status: number | null, text: string] {
  const words = ["--mount", "sh", "-c", withOwnTmp, "sh", openPackageRoot(), name];
  const { status, stdout, stderr } = spawnSync("unshare", words, { encoding: "utf8" });
  return [status, `${stdout}${stderr}`];
}

/** A copy of a program under a path of the tests' own. */
export function copyProgram(name: string, original: string): string {
  const path = join(scratch, name);
  copyFileSync(original, path);
  chmodSync(path, 0o755);
  return path;
}
