/**
 * Makes a fresh checkout ready: system packages, npm packages, native pieces, JavaScript. Every
 * step looks first and does nothing when there is nothing to do. Needs only Node.
 *
 *     node tools/setup.mjs [build] [vm] [tests]     groups of system packages; default: all three
 */
import { existsSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNative } from "./build-native.mjs";
import { runChild } from "./child.mjs";
import { withSetupLock } from "./lock.mjs";
import { root } from "./root.mjs";
import { say, timed } from "./say.mjs";
import { digestOf, readStamp, writeStamp } from "./stamp.mjs";
import { ensureSystemPackages, systemPackages } from "./system-packages.mjs";

/** @typedef {import("./system-packages.mjs").NeedGroup} NeedGroup */

const oldestNode = { major: 20, minor: 20 };
const npmStamp = "node_modules/.corral-lock-digest";

/** `./corral` compares the sources' times with this file and runs the set-up when one is newer. */
const launcherStamp = "build/setup.stamp";

/**
 * @param {readonly NeedGroup[]} groups system packages to ask for
 * @returns {Promise<void>}
 * @throws {Error} with a one-line message, when JavaScript cannot be built at all; missing system
 *   packages and a failing native build are reported and are not errors
 */
export async function setUp(groups = ["build", "vm", "tests"]) {
  checkNode();
  await withSetupLock(async () => {
    const started = new Date();
    await ensureSystemPackages(groups);
    await ensureNpmPackages();
    await buildNativePieces();
    await buildJavaScript();
    writeStamp(launcherStamp, "");
    // A file edited while the set-up ran must count as newer.
    utimesSync(join(root, launcherStamp), started, started);
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)) return;
  throw new Error(`Node ${oldestNode.major}.${oldestNode.minor} or newer is needed, this is ${process.version}`);
}

/**
 * Installs exactly what the lock file pins. Not with `npm ci`: that refuses a lock file made from a
 * registry that does not carry every foreign platform's binaries, and would have nothing to install
 * for them anyway.
 */
async function ensureNpmPackages() {
  const wanted = digestOf(["package.json", "package-lock.json"]);
  if (readStamp(npmStamp) === wanted) return;
  if (!installedByHand()) {
    const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
    const { code, output } = await timed("installing npm packages", () => runChild("npm", ["install", ...flags]));
    if (code !== 0) throw new Error(`npm install failed with status ${code}:\n${output.trimEnd()}`);
  }
  writeStamp(npmStamp, wanted);
}

/** Whether `npm install` has been run for the lock file that is here: every package it needs is there in its version. */
function installedByHand() {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const installed = packagesIn(record);
  return Object.entries(packagesIn(join(root, "package-lock.json"))).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" ||
      optional === true ||
      devOptional === true ||
      (installed[path]?.version === version && existsSync(join(root, path))),
  );
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} by the path of their folders
 */
function packagesIn(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

async function buildNativePieces() {
  try {
    const pieces = await timed("compiling the native launcher and addon", () => buildNative());
    for (const { name, reason } of pieces) if (reason !== null) say(`setup: ${name} was not built: ${reason}`);
  } catch (error) {
    say(`setup: the native pieces were not built: ${error.message}`);
    say("setup: going on without them; corral doctor shows what is used instead");
  }
}

async function buildJavaScript() {
  // Imported late: esbuild exists only once npm has run.
  const { build } = await import("./build.mjs");
  const complaints = await timed("building JavaScript", () => build());
  if (complaints !== null) say(`setup: the library does not type-check:\n${complaints}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const groups = process.argv.slice(2).filter((word) => word in systemPackages);
  try {
    await setUp(groups.length === 0 ? undefined : /** @type {NeedGroup[]} */ (groups));
  } catch (error) {
    say(`setup: ${error.message}`);
    process.exitCode = 125;
  }
}
