/**
 * Builds the package's JavaScript: the CLI as one CommonJS file (it starts faster than modules
 * do) and the starter that runs it from a code cache, the library as modules with declarations, the
 * JSON Schemas. Skips what is up to date.
 *
 *     node tools/build.mjs [--force]
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { runChild } from "./child.mjs";
import { root } from "./root.mjs";
import { say } from "./say.mjs";
import { digestOf, readStamp, writeAtomically, writeStamp } from "./stamp.mjs";
import { vendorPackages } from "./vendor.mjs";

const stamp = "build/javascript.stamp";
const inputs = [
  "src",
  "vm",
  "tools/build.mjs",
  "tools/vendor.mjs",
  "tools/gen-schemas.ts",
  "tools/schemas",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** Loaded when asked for only, and allowed to be absent; everything else is bundled. */
const external = ["@particle/dbus-next"];

/** The programs of the command line: the everyday run, and everything. */
const programs = { run: "src/cli/run-main.ts", program: "src/cli/main.ts" };
/** What a program loads as a file of its own when it needs it: too much to be read at every start. */
const parts = { mcp: "src/cli/mcp-server.ts", nats: "src/fleet/transport/nats/nats-client.ts" };
/** Packages that a program loads as a file of their own, for the same reason. */
const packagesApart = { grpc: "@grpc/grpc-js", excel: "excel-builder-vanilla" };
/** What worker threads and processes run: plain CommonJS, as Node loads it. */
const threads = {
  "memory-thread": "src/guard/memory/protection-thread.ts",
  "load-process": "src/fleet/load/load-process.ts",
  "custom-worker": "src/scenario/custom/worker-main.ts",
};
const starterEntry = "src/cli/starter.ts";
const libraryEntry = "src/index.ts";
const schemaEntry = "tools/gen-schemas.ts";

/**
 * @param {{ force?: boolean }} [options] `force` builds even when no input has changed
 * @returns {Promise<string | null>} the type checker's complaints about the library, which is
 *   emitted all the same, or null; with complaints the next build tries again
 * @throws {Error} with esbuild's messages, when the CLI cannot be built
 */
export async function build({ force = false } = {}) {
  const digest = digestOf(inputs, (path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  if (!force && readStamp(stamp) === digest && outputsExist()) return null;
  const [complaints] = await Promise.all([buildLibrary(), buildCli(), writeSchemas()]);
  if (complaints === null) writeStamp(stamp, digest);
  return complaints;
}

function outputsExist() {
  const outputOf = {
    [programs.run]: "dist/run.cjs",
    [programs.program]: "dist/program.cjs",
    [starterEntry]: "dist/corral.cjs",
    [parts.mcp]: "dist/mcp.cjs",
    [parts.nats]: "dist/nats.cjs",
    [`node_modules/${packagesApart.grpc}`]: "dist/grpc.cjs",
    [`node_modules/${packagesApart.excel}`]: "dist/excel.cjs",
    [threads["memory-thread"]]: "dist/memory-thread.cjs",
    [threads["custom-worker"]]: "dist/custom-worker.cjs",
    [threads["load-process"]]: "dist/load-process.cjs",
    [libraryEntry]: "dist/lib/index.js",
  };
  return Object.entries(outputOf).every(
    ([entry, output]) => !existsSync(join(root, entry)) || existsSync(join(root, output)),
  );
}

async function buildCli() {
  await Promise.all(Object.entries(programs).map(([name, entry]) => buildProgram(name, entry)));
  for (const [name, entry] of Object.entries({ ...parts, ...packagesApart, ...threads }))
    writeAtomically(`dist/${name}.cjs`, await bundleCommonJs(entry));
  writeAtomically("dist/corral.cjs", `#!/usr/bin/env node\n${await bundleCommonJs(starterEntry)}`, 0o755);
}

/**
 * A program as the starter takes it: a function, whose digest on the first line tells which code cache is its own.
 * @param {string} name
 * @param {string} entry
 */
async function buildProgram(name, entry) {
  const program = await bundleCommonJs(entry);
  // V8 keeps ASCII in one byte per character, and reads it twice as fast.
  const foreign = /[^\0-\x7f]/.exec(program);
  if (foreign !== null) throw new Error(`build: ${JSON.stringify(foreign[0])} in the program; write it as an escape`);
  const digest = createHash("sha256").update(program).digest("hex").slice(0, 32);
  const parameters = "exports,require,module,__filename,__dirname";
  writeAtomically(`dist/${name}.cjs`, `//${digest}\n(function(${parameters}){${program}\n})`);
}

/** Leaves parts out of whoever imports them: `import()` becomes require() of their file in dist/. */
const partsApart = {
  name: "parts-apart",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    for (const [name, entry] of Object.entries(parts))
      onResolve({ filter: new RegExp(`/${basename(entry)}$`) }, ({ kind }) =>
        kind === "entry-point" ? undefined : { path: `./${name}.cjs`, external: true },
      );
    for (const [name, entry] of Object.entries(packagesApart))
      onResolve({ filter: new RegExp(`^${entry}$`) }, ({ kind }) =>
        kind === "entry-point" ? undefined : { path: `./${name}.cjs`, external: true },
      );
  },
};

/**
 * One CommonJS text, minified: every byte is read and parsed before the first command line is.
 * @param {string} entry
 */
async function bundleCommonJs(entry) {
  const { outputFiles } = await bundle({
    entryPoints: [entry],
    outfile: "build/unused.cjs",
    format: "cjs",
    minify: true,
    plugins: [partsApart],
    // Packages and rare modules are loaded by require(): import() would start the module loader.
    supported: { "dynamic-import": false },
    // CommonJS has no import.meta: the three members the sources may use get their equivalents.
    define: {
      "import.meta.url": "importMeta.url",
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
    },
    banner: {
      js: '"use strict";const importMeta={get url(){return require("node:url").pathToFileURL(__filename).href}};',
    },
  });
  return outputFiles?.[0]?.text ?? "";
}

/**
 * The declarations need a type checker, so the whole library goes through TypeScript 7.
 * @returns {Promise<string | null>} its complaints, if any
 */
async function buildLibrary() {
  const fresh = "build/lib";
  rmSync(join(root, fresh), { recursive: true, force: true });
  const compiler = ["node_modules/typescript7/bin/tsc", "--project", "tsconfig.build.json", "--outDir", fresh];
  const { code, output } = await runChild(process.execPath, compiler);
  await vendorPackages(fresh);
  rmSync(join(root, "dist/lib"), { recursive: true, force: true });
  mkdirSync(join(root, "dist"), { recursive: true });
  renameSync(join(root, fresh), join(root, "dist/lib"));
  return code === 0 ? null : output.trimEnd();
}

/**
 * Writes schemas/*.json from what tools/gen-schemas.ts exports:
 * `generateSchemas(): Record<fileName, jsonSchema>`.
 */
async function writeSchemas() {
  for (const [name, text] of Object.entries(await renderSchemas())) writeAtomically(`schemas/${name}`, text);
}

/**
 * The schema files as they should be, by file name.
 * @returns {Promise<Record<string, string>>}
 */
export async function renderSchemas() {
  if (!existsSync(join(root, schemaEntry))) return {};
  const outfile = "build/gen-schemas.mjs";
  const { outputFiles = [] } = await bundle({
    entryPoints: [schemaEntry],
    outfile,
    format: "esm",
    packages: "external",
  });
  writeAtomically(outfile, /** @type {Uint8Array} */ (outputFiles[0]?.contents));
  const { generateSchemas } = await import(pathToFileURL(join(root, outfile)).href);
  return Object.fromEntries(
    Object.entries(generateSchemas()).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

/** Names of committed schema files that differ from what the sources say. */
export async function staleSchemas() {
  const wanted = await renderSchemas();
  const present = existsSync(join(root, "schemas")) ? readdirSync(join(root, "schemas")) : [];
  const names = new Set([...Object.keys(wanted), ...present]);
  return [...names].filter((name) => readStamp(`schemas/${name}`) !== wanted[name]?.trim());
}

/** @param {import("esbuild").BuildOptions} options */
function bundle(options) {
  return esbuild({
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    external,
    write: false,
    logLevel: "silent",
    legalComments: "none",
    // Only a warning by default, and the result calls undefined.
    logOverride: { "import-is-undefined": "error" },
    ...options,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const complaints = await build({ force: process.argv.includes("--force") });
    if (complaints !== null) throw new Error(`the library does not type-check:\n${complaints}`);
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
