/**
 * Compiles native/bpf/*.bpf.c and packs each as a header of native/bpf/generated, which is committed: a checkout builds the
 * native pieces without clang. Needs clang, llvm-strip, bpftool and libbpf's headers (Debian: clang llvm bpftool libbpf-dev); other
 * versions than the recorded ones make other bytes.
 *
 *     node tools/build-bpf.mjs            makes the headers
 *     node tools/build-bpf.mjs --check    says which are not what the sources say
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { runChild } from "./child.mjs";
import { root } from "./root.mjs";
import { say } from "./say.mjs";
import { packStructOps } from "./struct-ops/pack.mjs";

const sources = path.join(root, "native", "bpf");
const generated = path.join(sources, "generated");
const recorded = { clang: "14.0.6", bpftool: "v7.1.0" };

/** Objects that replace functions of the kernel: packed in another way. */
const structOps = ["scheduler"];

const madeBy = `/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Made by tools/build-bpf.mjs with clang ${recorded.clang} and bpftool ${recorded.bpftool}; do not edit. */
`;

/** @param {string} program @param {readonly string[]} args */
async function run(program, ...args) {
  const { code, output } = await runChild(program, args, { cwd: sources });
  if (code !== 0) throw new Error(`build-bpf: ${program} failed\n${output.trimEnd()}`);
  return output;
}

/**
 * Why the headers cannot be made again here, or null.
 * @returns {Promise<string | null>}
 */
export async function whyNotHere() {
  const clang = await runChild("clang", ["--version"]);
  const bpftool = await runChild("bpftool", ["version"]);
  const found = {
    clang: /clang version (\S+)/.exec(clang.output)?.[1] ?? "none",
    bpftool: /bpftool (\S+)/.exec(bpftool.output)?.[1] ?? "none",
  };
  if (found.clang === recorded.clang && found.bpftool === recorded.bpftool) return null;
  const has = `this machine has clang ${found.clang} and bpftool ${found.bpftool}`;
  return `it takes clang ${recorded.clang} and bpftool ${recorded.bpftool}, ${has}`;
}

/**
 * The members of a structure inside the skeleton's.
 * @param {string} skeleton @param {string} type
 */
function membersOf(skeleton, type) {
  return [...skeleton.matchAll(new RegExp(`\\tstruct ${type} (\\w+);`, "g"))].map(([, name]) => name);
}

/** @param {string} skeleton @param {string} name @returns {string} a C string literal */
function literalOf(skeleton, name) {
  const begin = skeleton.indexOf(`opts.${name} = (void *)"`);
  const from = skeleton.indexOf('"', begin);
  return skeleton.slice(from, skeleton.indexOf('";', from) + 1);
}

/** What is left of bpftool's skeleton: its code would need libbpf's headers. @param {string} name @param {string} skeleton */
function pack(name, skeleton) {
  const maps = membersOf(skeleton, "bpf_map_desc");
  const programs = membersOf(skeleton, "bpf_prog_desc");
  const place = (/** @type {string} */ map) => {
    if (!maps.includes(map)) throw new Error(`build-bpf: ${name} has no map ${map}`);
    return maps.indexOf(map);
  };
  return `${madeBy}#include "../../addon/bpf-object.h"

static const char ${name}_data[] = ${literalOf(skeleton, "data")};

static const char ${name}_instructions[] = ${literalOf(skeleton, "insns")};

/* Maps: ${maps.join(", ")}. Programs: ${programs.join(", ")}. */
static const struct bpf_object ${name}_object = {
	.instructions = ${name}_instructions,
	.instruction_bytes = sizeof(${name}_instructions) - 1,
	.data = ${name}_data,
	.data_bytes = sizeof(${name}_data) - 1,
	.maps = ${maps.length},
	.programs = ${programs.length},
	.events_map = ${place("events")},
	.settings_map = ${place("rodata")},
	.state_map = ${place("bss")},
};
`;
}

/** @param {string} name @param {string} folder for what lies between */
async function make(name, folder) {
  const object = path.join(folder, `${name}.o`);
  const machine = (await run("clang", "-print-target-triple")).trim().replace(/-pc-/, "-");
  // The same bytes wherever the checkout is: line information names the folder.
  const flags = ["-g", "-fdebug-compilation-dir=.", "-O2", "-Wall", "-Wextra", "-Werror", "-target", "bpf"];
  flags.push(`-I/usr/include/${machine}`);
  // Kernels with sched_ext know all instructions; the arguments of a callback that it does not use stay named.
  if (structOps.includes(name)) flags.push("-mcpu=v3", "-Wno-unused-parameter");
  await run("clang", ...flags, "-c", `${name}.bpf.c`, "-o", object);
  await run("llvm-strip", "-g", object);
  if (structOps.includes(name)) return `${madeBy}${packStructOps(name, readFileSync(object))}`;
  return pack(name, await run("bpftool", "gen", "skeleton", "-L", object, "name", name));
}

/**
 * Makes every header in memory.
 * @returns {Promise<Map<string, string>>} text by path
 */
async function makeAll() {
  const folder = mkdtempSync(path.join(tmpdir(), "corral-bpf-"));
  try {
    const names = readdirSync(sources).flatMap((file) =>
      file.endsWith(".bpf.c") ? [path.basename(file, ".bpf.c")] : [],
    );
    /** @type {Map<string, string>} */
    const made = new Map();
    for (const name of names.toSorted()) made.set(path.join(generated, `${name}.h`), await make(name, folder));
    return made;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The committed headers that are not what the sources say. @returns {Promise<string[]>} */
export async function staleHeaders() {
  const made = await makeAll();
  return [...made]
    .filter(([file, text]) => !existsSync(file) || readFileSync(file, "utf8") !== text)
    .map(([file]) => path.relative(root, file));
}

async function main() {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const reason = await whyNotHere();
  if (reason !== null) throw new Error(`build-bpf: ${reason}`);
  if (values.check) {
    const stale = await staleHeaders();
    if (stale.length > 0) throw new Error(`build-bpf: not what the sources say: ${stale.join(", ")}`);
    return;
  }
  mkdirSync(generated, { recursive: true });
  for (const [file, text] of await makeAll()) writeFileSync(file, text);
}

if (process.argv[1] === path.join(root, "tools", "build-bpf.mjs")) {
  main().catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
