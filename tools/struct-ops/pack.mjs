/**
 * Packs a compiled BPF object of struct_ops programs as a C header (native/scheduler/object.h has the structures): maps, the
 * instructions of each program, and what the loader has to look up in the running kernel before it can load them. bpftool's
 * light skeletons, which the other objects use, know no struct_ops.
 */
import { kinds, readBtf, sizeOf, subset } from "./btf.mjs";
import { readElf } from "./elf.mjs";
import { readExtension } from "./extension.mjs";

/**
 * @typedef {import("./elf.mjs").Elf} Elf
 * @typedef {import("./btf.mjs").Btf} Btf
 * @typedef {ReturnType<typeof readExtension>} Extension
 *
 * @typedef {object} PackedMap
 * @property {string} name
 * @property {number} section
 * @property {number} symbolAt where its symbol points
 * @property {Readonly<Record<string, number>>} numbers
 * @property {number} keyType
 * @property {number} valueType
 * @property {Buffer | null} initial
 *
 * @typedef {object} Patch
 * @property {number} at number of the instruction
 * @property {string} kind
 * @property {string} map
 * @property {number} value
 * @property {string} type
 * @property {string} path
 *
 * @typedef {object} PackedProgram
 * @property {string} member
 * @property {string} kind
 * @property {Buffer} code
 * @property {readonly Patch[]} patches
 * @property {number} type its function's
 */

const relocation = /** @type {const} */ ({ ldImm64: 1, call: 10 });
const mapArray = 2;

/** The number that a `__uint(name, N)` keeps as the length of an array. @param {Btf} btf @param {number} id */
const uintOf = (btf, id) => btf.types[btf.types[id]?.type ?? 0]?.elements ?? 0;

/** @param {Btf} btf @param {number} variable @param {string} name @param {number} section @param {number} symbolAt @returns {PackedMap} */
function readMap(btf, variable, name, section, symbolAt) {
  const definition = btf.types[btf.types[variable]?.type ?? 0];
  const members = new Map((definition?.members ?? []).map((one) => [one.name, one.type]));
  const pointedTo = (/** @type {string} */ member) => btf.types[members.get(member) ?? 0]?.type ?? 0;
  const [keyType, valueType] = [pointedTo("key"), pointedTo("value")];
  const uint = (/** @type {string} */ member) => uintOf(btf, members.get(member) ?? 0);
  const numbers = {
    type: uint("type"),
    key_bytes: sizeOf(btf, keyType),
    value_bytes: sizeOf(btf, valueType),
    entries: uint("max_entries"),
    flags: uint("map_flags"),
  };
  return { name, section, symbolAt, numbers, keyType, valueType, initial: null };
}

/** Maps that the source declares, then those of its variables. @param {Elf} elf @param {Btf} btf @returns {PackedMap[]} */
function readMaps(elf, btf) {
  const mapsSection = elf.sections.findIndex(({ name }) => name === ".maps");
  const declared = elf.symbols
    .filter(({ section, name }) => section === mapsSection && name !== "")
    .map(({ name, value }) => {
      const variable = btf.types.findIndex((type) => type.kind === kinds.var && type.name === name);
      return readMap(btf, variable, name, mapsSection, value);
    });
  const ofVariables = [".rodata", ".bss"].map((name) => {
    const section = elf.sections.findIndex((one) => one.name === name);
    const { bytes, data } = elf.sections[section] ?? { bytes: 0, data: Buffer.alloc(0) };
    if (bytes === 0) throw new Error(`no ${name}`);
    const flags = name === ".rodata" ? "BPF_F_RDONLY_PROG" : "BPF_F_MMAPABLE";
    const numbers = { type: mapArray, key_bytes: 4, value_bytes: bytes, entries: 1, flags: mapFlags[flags] };
    const initial = data.length === 0 ? null : data;
    return { name: name.slice(1), section, symbolAt: -1, numbers, keyType: 0, valueType: 0, initial };
  });
  if (elf.sections.some(({ name, bytes }) => name === ".data" && bytes > 0))
    throw new Error("variables that do not begin with 0 have no map");
  return [...declared, ...ofVariables].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** include/uapi/linux/bpf.h */
const mapFlags = /** @type {const} */ ({ BPF_F_RDONLY_PROG: 1 << 7, BPF_F_MMAPABLE: 1 << 10 });

/**
 * What is to be looked up for a section's instructions.
 * @param {Elf} elf @param {Extension} extension @param {readonly PackedMap[]} maps @param {number} section
 * @param {Buffer} code
 */
function patchesOf(elf, extension, maps, section, code) {
  /** @type {Patch[]} */
  const patches = [];
  const none = { map: "", value: 0, type: "", path: "" };
  for (const { offset, type, symbol } of elf.relocationsOf(section)) {
    const at = offset / 8;
    const addend = code.readInt32LE(at * 8 + 4);
    const target = elf.sections[symbol.section];
    if (type === relocation.call) {
      if (symbol.section !== 0) throw new Error(`${symbol.name || target?.name} is called and not inlined`);
      patches.push({ ...none, at, kind: "FUNCTION", path: symbol.name });
    } else if (type === relocation.ldImm64) {
      const map = maps.find((one) => one.section === symbol.section && [-1, symbol.value].includes(one.symbolAt));
      if (map === undefined) throw new Error(`${symbol.name} is in no map`);
      const kind = map.symbolAt === -1 ? "VALUE" : "MAP";
      patches.push({ ...none, at, kind, map: map.name, value: kind === "MAP" ? 0 : symbol.value + addend });
    } else {
      throw new Error(`relocation ${type} of ${symbol.name} is not known`);
    }
  }
  for (const { offset, type, path } of extension.fieldsIn(elf.sections[section]?.name ?? ""))
    patches.push({ ...none, at: offset / 8, kind: "FIELD", type, path });
  return patches;
}

/** @param {Elf} elf @param {Extension} extension @param {readonly PackedMap[]} maps @returns {PackedProgram[]} */
function readPrograms(elf, extension, maps) {
  return elf.sections.flatMap(({ name, data, type: sectionType }, section) => {
    const [, prefix, member] = /^(struct_ops|struct_ops\.s|syscall)\/(\w+)$/.exec(name) ?? [];
    if (prefix === undefined || member === undefined || sectionType !== 1) return [];
    const type = extension.startsIn(name)[0]?.type ?? 0;
    const kind = programKinds[prefix] ?? "";
    return [{ member, kind, code: data, patches: patchesOf(elf, extension, maps, section, data), type }];
  });
}

/** native/scheduler/object.h @type {Readonly<Record<string, string>>} */
const programKinds = { struct_ops: "PROGRAM_ATOMIC", "struct_ops.s": "PROGRAM_SLEEPABLE", syscall: "PROGRAM_CALLED" };

/** @param {Buffer} data @returns {string} a C string literal */
function literal(data) {
  let line = "";
  let text = '"\\\n';
  for (const [index, byte] of data.entries()) {
    const next = data[index + 1] ?? 0;
    const isDigit = next >= 0x30 && next <= 0x39;
    const escaped = `\\${byte.toString(8).padStart(isDigit ? 3 : 1, "0")}`;
    line +=
      byte > 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte)) ? String.fromCharCode(byte) : escaped;
    if (line.length < 110) continue;
    // A line that ends within an escape would be read as one with the next.
    text += `${line}"\n"`;
    line = "";
  }
  return `${text}${line}"`;
}

/** @param {PackedProgram} program @param {readonly PackedMap[]} maps */
function programText({ member, code, patches }, maps) {
  const rows = patches.map(({ at, kind, map, value, type, path }) => {
    const place = map === "" ? 0 : maps.findIndex((one) => one.name === map);
    return `\t{ ${at}, PATCH_${kind}, ${place}, ${value}, ${type === "" ? "NULL" : `"${type}"`}, ${path === "" ? "NULL" : `"${path}"`} },`;
  });
  return `static const char ${member}_code[] = ${literal(code)};

static const struct object_patch ${member}_patches[] = {
${rows.join("\n")}
};
`;
}

/**
 * @param {string} name @param {Buffer} file the compiled object
 * @returns {string} the header without its first lines
 */
export function packStructOps(name, file) {
  const elf = readElf(file);
  const dataOf = (/** @type {string} */ section) => {
    const found = elf.sections.find((one) => one.name === section);
    if (found === undefined) throw new Error(`no ${section}`);
    return found.data;
  };
  const btf = readBtf(dataOf(".BTF"));
  const extension = readExtension(dataOf(".BTF.ext"), btf);
  const maps = readMaps(elf, btf);
  const programs = readPrograms(elf, extension, maps);
  const roots = [...maps.flatMap((map) => [map.keyType, map.valueType]), ...programs.map(({ type }) => type)];
  const { data, idOf } = subset(btf, roots);
  const variableAt = (/** @type {string} */ variable) =>
    elf.symbols.find((symbol) => symbol.name === variable)?.value ?? 0;
  const mapRows = maps.map(({ name: map, numbers, keyType, valueType, initial }) => {
    const { type, key_bytes, value_bytes, entries, flags } = numbers;
    return `\t{ "${map}", ${type}, ${key_bytes}, ${value_bytes}, ${entries}, ${flags}, ${idOf(keyType)}, ${idOf(valueType)}, ${initial === null ? "NULL" : `${map}_initial`} },`;
  });
  const programRows = programs.map(
    ({ member, kind, code, patches, type }) =>
      `\t{ "${member}", ${kind}, ${member}_code, ${code.length / 8}, ${member}_patches, ${patches.length}, ${idOf(type)} },`,
  );
  return `#include "../../scheduler/object.h"

static const char ${name}_btf[] = ${literal(data)};

${maps.flatMap((map) => (map.initial === null ? [] : [`static const char ${map.name}_initial[] = ${literal(map.initial)};\n`])).join("\n")}
${programs.map((program) => programText(program, maps)).join("\n")}
static const struct object_map ${name}_maps[] = {
${mapRows.join("\n")}
};

static const struct object_program ${name}_programs[] = {
${programRows.join("\n")}
};

static const struct object ${name}_object = {
	${name}_btf, sizeof(${name}_btf) - 1, ${name}_maps, ${maps.length}, ${name}_programs, ${programs.length},
	${variableAt("settings")}, ${variableAt("state")},
};
`;
}
