import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Runs a program that must succeed, and answers what it printed. */
export function mustRun(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

/**
 * Packs the checkout and installs the tarball in a folder of its own, as a user of the package does.
 * @returns the files of the tarball, sorted
 */
export function installPackage(scratch: string, user: string): string[] {
  const packed = mustRun("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", scratch], process.cwd());
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), '{ "private": true, "type": "module" }\n');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "--prefer-offline"];
  mustRun("npm", ["install", ...flags, join(scratch, filename)], user);
  return files.map(({ path }) => path).toSorted();
}
