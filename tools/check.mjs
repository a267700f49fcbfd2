/**
 * `npm run check`: every static check, side by side; prints a line per check and the whole output
 * of those that failed.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";
import { setUp } from "./setup.mjs";
import { filesUnder } from "./stamp.mjs";

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {() => Promise<{ code: number, output: string, note?: string }>} run `note` is told of one that is content
 */

const layeredFolders = ["src", "vm", "test", "tools"];

/** The slowest first, so that two cores finish together. @type {readonly Check[]} */
const checks = [
  { name: "layers (dependency-cruiser)", run: checkLayers },
  { name: "dead code (knip)", run: () => node("knip/bin/knip.js", "--no-progress") },
  { name: "lint with types (oxlint)", run: () => node("oxlint/bin/oxlint", "--type-aware", "--deny-warnings") },
  { name: "types (TypeScript 7)", run: () => node("typescript7/bin/tsc", "--project", "tsconfig.json") },
  { name: "types of the tools", run: () => node("typescript7/bin/tsc", "--project", "tools/tsconfig.json") },
  { name: "format and lint (biome)", run: () => node("@biomejs/biome/bin/biome", "check", "--error-on-warnings") },
  { name: "generated schemas", run: checkSchemas },
  { name: "packed BPF programs", run: checkBpf },
  { name: "joined C client", run: checkClient },
  { name: "generated protocol", run: checkProto },
];

/**
 * @param {string} script below node_modules
 * @param {...string} args
 */
function node(script, ...args) {
  return runChild(process.execPath, [`node_modules/${script}`, ...args]);
}

/** A cruise that saw fewer modules than there are files has looked past the sources: see the rules' comment. */
async function checkLayers() {
  const files = layeredFolders.flatMap((folder) => filesUnder(folder, (path) => /\.(ts|mjs)$/.test(path)));
  const { code, output } = await node("dependency-cruiser/bin/dependency-cruise.mjs", ...layeredFolders);
  const cruised = Number(/\((\d+) modules/.exec(output)?.[1] ?? 0);
  if (code !== 0 || cruised >= files.length) return { code, output };
  return { code: 1, output: `${output}\nonly ${cruised} of ${files.length} files were looked at\n` };
}

async function checkSchemas() {
  const { staleSchemas } = await import("./build.mjs");
  const stale = await staleSchemas();
  if (stale.length === 0) return { code: 0, output: "" };
  return { code: 1, output: `not what the sources say, run npm run build: ${stale.join(", ")}\n` };
}

/** Only the recorded compiler makes the committed bytes; a machine without it says so and is content. */
async function checkBpf() {
  const { staleHeaders, whyNotHere } = await import("./build-bpf.mjs");
  const reason = await whyNotHere();
  if (reason !== null) return { code: 0, output: "", note: `not made again: ${reason}` };
  const stale = await staleHeaders();
  if (stale.length === 0) return { code: 0, output: "" };
  return { code: 1, output: `not what the sources say, run node tools/build-bpf.mjs: ${stale.join(", ")}\n` };
}

async function checkClient() {
  const { clientHeader, clientIsStale } = await import("./join-client.mjs");
  if (!clientIsStale()) return { code: 0, output: "" };
  return { code: 1, output: `not what its parts say, run node tools/join-client.mjs: ${clientHeader}\n` };
}

/** Made again where its compiler is; a machine without it says so and is content. */
async function checkProto() {
  const { isProtoStale, whyNotHere } = await import("./gen-proto.mjs");
  const reason = whyNotHere();
  if (reason !== null) return { code: 0, output: "", note: `not made again: ${reason}` };
  if (!(await isProtoStale())) return { code: 0, output: "" };
  return { code: 1, output: "not what src/fleet/wire/fleet.proto says, run node tools/gen-proto.mjs\n" };
}

/** @param {Check} check */
async function runCheck({ name, run }) {
  const started = performance.now();
  const { code, output, note } = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${code === 0 ? "ok    " : "FAILED"}  ${name}  ${seconds} s${note === undefined ? "" : `: ${note}`}\n${code === 0 ? "" : `${output}\n`}`,
  );
  return { name, passed: code === 0 };
}

/**
 * Runs every check, as many at a time as there are processors.
 * @returns {Promise<import("./run-node-tests.mjs").Totals>}
 */
export async function runChecks() {
  const waiting = [...checks];
  /** @type {Awaited<ReturnType<typeof runCheck>>[]} */
  const verdicts = [];
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      verdicts.push(await runCheck(check));
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, lane));
  const failed = verdicts.filter(({ passed }) => !passed).map(({ name }) => name);
  return { passed: verdicts.length - failed.length, failed, skipped: [] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp(["build"]);
  const { failed } = await runChecks();
  process.exitCode = failed.length === 0 ? 0 : 1;
}
