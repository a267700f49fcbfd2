// Builds the native pieces with the C compiler alone: prebuilds/<platform>-<arch>/corral, corral-launch,
// corral-worker, corral-scheduler and corral.node. Not node-gyp on purpose: that needs Python, which a fresh machine does not have.
// No dependencies: this runs before anything else works.
//   node tools/build-native.mjs [--force]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const scriptPath = fileURLToPath(import.meta.url);
const repositoryRoot = path.dirname(path.dirname(scriptPath));
const warnings = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2"];

/**
 * The launcher and the thin client without libc, where they bring the system calls themselves (native/freestanding/calls.c
 * says why); elsewhere with a static one.
 */
const freestandingFlags = [
  ...["-static", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"],
  ...(["x64", "arm64"].includes(process.arch)
    ? [
        ...["-DCORRAL_FREESTANDING", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-U_FORTIFY_SOURCE"],
        ...["-fno-asynchronous-unwind-tables", "-fno-tree-loop-distribute-patterns", "-Wl,--build-id=none"],
      ]
    : []),
];

/** Directory with node_api.h and uv.h of the running Node, else of the system, else null. */
export function findNodeHeaders() {
  const prefix = path.dirname(path.dirname(realpathSync(process.execPath)));
  const candidates = [path.join(prefix, "include", "node"), "/usr/include/node", "/usr/include/nodejs/src"];
  return candidates.find((candidate) => existsSync(path.join(candidate, "node_api.h"))) ?? null;
}

/** The directory this platform's binaries are in, below `root`. */
export function prebuildDirectory(root = repositoryRoot) {
  return path.join(root, "prebuilds", `${process.platform}-${process.arch}`);
}

function listSources(directory) {
  return readdirSync(directory)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => path.join(directory, name));
}

/** The BPF programs are in it ready made (tools/build-bpf.mjs). */
function bpfHeaders(root) {
  const folder = path.join(root, "native", "bpf");
  return [...listSources(folder), ...listSources(path.join(folder, "generated"))].filter((file) => file.endsWith(".h"));
}

function isFresh(output, inputs) {
  if (!existsSync(output)) return false;
  const builtAt = statSync(output).mtimeMs;
  return [...inputs, scriptPath].every((input) => statSync(input).mtimeMs <= builtAt);
}

function findCompiler() {
  for (const name of [process.env.CC, "gcc", "cc"]) {
    if (name && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0) return name;
  }
  throw new Error("build-native: no C compiler found; install the package gcc");
}

function explainFailure(stderr, what) {
  if (/(stdio|errno|unistd|fcntl|stdlib)\.h: No such file|cannot find -lc\b|crt1\.o/.test(stderr))
    return `build-native: the C library's headers or static library are missing for ${what}; install the package libc6-dev`;
  return `build-native: compiling ${what} failed\n${stderr.trimEnd()}`;
}

// A temporary name and a rename: whoever loads or builds at the same time sees a whole file.
function compile(compiler, flags, output, inputs) {
  const temporary = `${output}.${process.pid}.tmp`;
  const sources = inputs.filter((input) => input.endsWith(".c"));
  const result = spawnSync(compiler, [...flags, ...sources, "-s", "-o", temporary], { encoding: "utf8" });
  if (result.status !== 0) {
    rmSync(temporary, { force: true });
    throw new Error(explainFailure(result.stderr ?? String(result.error), path.basename(output)));
  }
  renameSync(temporary, output);
}

/**
 * Builds what is out of date and returns one record per piece:
 * `{ name, path, state: "built" | "fresh" | "skipped", reason }`. Throws an Error whose message is
 * one clear line when the compiler or the C library is missing.
 */
export function buildNative({ root = repositoryRoot, force = false } = {}) {
  const directory = prebuildDirectory(root);
  const headers = findNodeHeaders();
  const freestanding = listSources(path.join(root, "native", "freestanding"));
  // The thin client is its workload's launcher itself.
  const launching = listSources(path.join(root, "native", "launcher")).filter(
    (file) => !/(main|tether|restore|goodbye)\.c$/.test(file),
  );
  /** @type {{ name: string, inputs: string[], flags: string[], reason: string | null }[]} */
  const pieces = [
    {
      name: "corral-launch",
      inputs: [...listSources(path.join(root, "native", "launcher")), ...freestanding],
      flags: [...warnings, ...freestandingFlags],
      reason: null,
    },
    {
      name: "corral",
      inputs: [...listSources(path.join(root, "native", "thin")), ...launching, ...freestanding],
      flags: [...warnings, ...freestandingFlags],
      reason: null,
    },
    {
      name: "corral-worker",
      inputs: ["worker", "load", "load/types"].flatMap((folder) => listSources(path.join(root, "native", folder))),
      flags: [...warnings, "-static"],
      reason: null,
    },
    {
      name: "corral-scheduler",
      inputs: [...listSources(path.join(root, "native", "scheduler")), ...bpfHeaders(root)],
      flags: [...warnings, "-static"],
      reason: null,
    },
    {
      name: "corral.node",
      inputs: [...listSources(path.join(root, "native", "addon")), ...bpfHeaders(root)],
      flags: [...warnings, "-shared", "-fPIC", "-fvisibility=hidden", "-DNAPI_VERSION=8", `-I${headers}`],
      reason:
        headers === null
          ? "Node's headers (node_api.h) were not found; install them beside node or as libnode-dev"
          : null,
    },
  ];
  mkdirSync(directory, { recursive: true });
  /** @type {string | null} */
  let compiler = null;
  return pieces.map(({ name, inputs, flags, reason }) => {
    const output = path.join(directory, name);
    if (reason !== null) return { name, path: output, state: "skipped", reason };
    if (!force && isFresh(output, inputs)) return { name, path: output, state: "fresh", reason: null };
    compiler ??= findCompiler();
    compile(compiler, flags, output, inputs);
    return { name, path: output, state: "built", reason: null };
  });
}

function main() {
  try {
    for (const piece of buildNative({ force: process.argv.includes("--force") })) {
      const reason = piece.reason === null ? "" : `: ${piece.reason}`;
      console.error(`build-native: ${piece.name} ${piece.state}${reason}`);
    }
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === scriptPath) main();
