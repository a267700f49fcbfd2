/** .BTF.ext: which function begins where, and which instructions depend on where members of kernel structures are (CO-RE). */
import { bareType, kinds } from "./btf.mjs";
import { textAt } from "./elf.mjs";

/**
 * @typedef {import("./btf.mjs").Btf} Btf
 *
 * @typedef {object} FunctionStart
 * @property {number} offset in the section
 * @property {number} type
 *
 * @typedef {object} FieldUse
 * @property {number} offset in the section
 * @property {string} type name of the structure
 * @property {string} path members, with dots between them
 */

const fieldOffset = 0;

/** The records of one part, by section. @param {Buffer} part @param {Btf} btf */
function recordsOf(part, { strings }) {
  /** @type {Map<string, Buffer[]>} */
  const found = new Map();
  if (part.length === 0) return found;
  const size = part.readUInt32LE(0);
  for (let at = 4; at < part.length; ) {
    const [name, count] = [textAt(strings, part.readUInt32LE(at)), part.readUInt32LE(at + 4)];
    at += 8;
    const records = Array.from({ length: count }, (_, index) =>
      part.subarray(at + index * size, at + (index + 1) * size),
    );
    found.set(name, records);
    at += count * size;
  }
  return found;
}

/** @param {Btf} btf @param {number} id @param {string} access such as 0:1:2 @returns {FieldUse["path"]} */
function pathOf(btf, id, access) {
  const [first, ...steps] = access.split(":").map(Number);
  if (first !== 0) throw new Error(`an access to an array of structures: ${access}`);
  let type = bareType(btf, id);
  const names = steps.map((step) => {
    const member = type.members[step];
    if (member === undefined || (type.kind !== kinds.struct && type.kind !== kinds.union))
      throw new Error(`${type.name} has no member ${step}`);
    type = bareType(btf, member.type);
    return member.name;
  });
  return names.join(".");
}

/**
 * @param {Buffer} section @param {Btf} btf
 * @returns {{ startsIn: (section: string) => readonly FunctionStart[], fieldsIn: (section: string) => readonly FieldUse[] }}
 */
export function readExtension(section, btf) {
  const head = section.readUInt32LE(4);
  const part = (/** @type {number} */ at) => {
    const from = head + section.readUInt32LE(at);
    return section.subarray(from, from + section.readUInt32LE(at + 4));
  };
  const starts = recordsOf(part(8), btf);
  const fields = recordsOf(part(24), btf);
  return {
    startsIn: (name) =>
      (starts.get(name) ?? []).map((one) => ({ offset: one.readUInt32LE(0), type: one.readUInt32LE(4) })),
    fieldsIn: (name) =>
      (fields.get(name) ?? []).map((one) => {
        if (one.readUInt32LE(12) !== fieldOffset) throw new Error(`${name}: only offsets of members are looked up`);
        const id = one.readUInt32LE(4);
        return {
          offset: one.readUInt32LE(0),
          type: bareType(btf, id).name,
          path: pathOf(btf, id, textAt(btf.strings, one.readUInt32LE(8))),
        };
      }),
  };
}
