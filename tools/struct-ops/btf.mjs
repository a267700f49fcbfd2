/** BTF, the types of a BPF program (Documentation/bpf/btf.rst): reading them, and writing the few that the kernel has to see. */
import { textAt } from "./elf.mjs";

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {number} type
 *
 * @typedef {object} Type
 * @property {number} kind
 * @property {string} name
 * @property {number} size of those that have one
 * @property {number} type that it refers to, of those that do
 * @property {readonly Member[]} members
 * @property {number} elements of an array
 * @property {number} at where it begins
 * @property {number} bytes
 *
 * @typedef {object} Btf
 * @property {readonly Type[]} types 0 is void
 * @property {Buffer} strings
 * @property {Buffer} raw the types' bytes
 */

export const kinds = /** @type {const} */ ({
  ...{ int: 1, ptr: 2, array: 3, struct: 4, union: 5, enum: 6, forward: 7, typedef: 8, volatile: 9, const: 10 },
  ...{ restrict: 11, func: 12, proto: 13, var: 14, section: 15, float: 16, declTag: 17, typeTag: 18, enum64: 19 },
});

/** Bytes behind the first twelve, by kind. @type {Readonly<Record<number, (count: number) => number>>} */
const tails = {
  [kinds.int]: () => 4,
  [kinds.array]: () => 12,
  [kinds.struct]: (count) => count * 12,
  [kinds.union]: (count) => count * 12,
  [kinds.enum]: (count) => count * 8,
  [kinds.proto]: (count) => count * 8,
  [kinds.var]: () => 4,
  [kinds.section]: (count) => count * 12,
  [kinds.declTag]: () => 4,
  [kinds.enum64]: (count) => count * 12,
};

/** Where, in a type, the numbers of other types are. @param {number} kind @param {number} count */
function referencesOf(kind, count) {
  const { struct, union, array, proto, ptr, func } = kinds;
  if (kind === array) return [12, 16];
  if (kind === struct || kind === union) return Array.from({ length: count }, (_, index) => 12 + index * 12 + 4);
  if (kind === proto) return [8, ...Array.from({ length: count }, (_, index) => 12 + index * 8 + 4)];
  const refers = kind === ptr || kind === func || (kind >= kinds.typedef && kind <= kinds.restrict);
  return refers || kind === kinds.typeTag ? [8] : [];
}

/** Where, in a type, names are. @param {number} kind @param {number} count */
function namesOf(kind, count) {
  const stride = kind === kinds.enum || kind === kinds.proto ? 8 : 12;
  const named = [kinds.struct, kinds.union, kinds.enum, kinds.proto, kinds.enum64];
  const inside = named.some((one) => one === kind) ? count : 0;
  return [0, ...Array.from({ length: inside }, (_, index) => 12 + index * stride)];
}

const voidType = { kind: 0, name: "", size: 0, type: 0, members: [], elements: 0, at: 0, bytes: 0 };

/** @param {Buffer} section @returns {Btf} */
export function readBtf(section) {
  const head = section.readUInt32LE(4);
  const [typesAt, typesBytes, stringsAt, stringsBytes] = [8, 12, 16, 20].map((at) => section.readUInt32LE(at));
  const raw = section.subarray(head + (typesAt ?? 0), head + (typesAt ?? 0) + (typesBytes ?? 0));
  const strings = section.subarray(head + (stringsAt ?? 0), head + (stringsAt ?? 0) + (stringsBytes ?? 0));
  /** @type {Type[]} */
  const types = [voidType];
  for (let at = 0; at < raw.length; at += types.at(-1)?.bytes ?? 0) types.push(readType(raw, strings, at));
  return { types, strings, raw };
}

/** @param {Buffer} raw @param {Buffer} strings @param {number} at @returns {Type} */
function readType(raw, strings, at) {
  const info = raw.readUInt32LE(at + 4);
  const [kind, count, value] = [(info >>> 24) & 31, info & 0xffff, raw.readUInt32LE(at + 8)];
  const isStruct = kind === kinds.struct || kind === kinds.union;
  const members = Array.from({ length: isStruct ? count : 0 }, (_, index) => ({
    name: textAt(strings, raw.readUInt32LE(at + 12 + index * 12)),
    type: raw.readUInt32LE(at + 12 + index * 12 + 4),
  }));
  const isArray = kind === kinds.array;
  return {
    kind,
    name: textAt(strings, raw.readUInt32LE(at)),
    size: value,
    type: isArray ? raw.readUInt32LE(at + 12) : value,
    members,
    elements: isArray ? raw.readUInt32LE(at + 20) : 0,
    at,
    bytes: 12 + (tails[kind]?.(count) ?? 0),
  };
}

/** A type without typedefs and qualifiers. @param {Btf} btf @param {number} id @returns {Type} */
export function bareType({ types }, id) {
  let type = types[id] ?? voidType;
  while (type.kind >= kinds.typedef && type.kind <= kinds.restrict) type = types[type.type] ?? voidType;
  return type;
}

/** Bytes that a value of a type takes. @param {Btf} btf @param {number} id @returns {number} */
export function sizeOf(btf, id) {
  const type = bareType(btf, id);
  if (type.kind === kinds.ptr) return 8;
  return type.kind === kinds.array ? type.elements * sizeOf(btf, type.type) : type.size;
}

/**
 * A BTF of the types in `roots` and all that they need; `idOf` tells a type's new number.
 * @param {Btf} btf @param {readonly number[]} roots
 * @returns {{ data: Buffer, idOf: (id: number) => number }}
 */
export function subset({ types, strings, raw }, roots) {
  /** @type {Map<number, number>} */
  const numbers = new Map([[0, 0]]);
  const wanted = [...roots];
  /** @type {number[]} */
  const order = [];
  for (let id = wanted.shift(); id !== undefined; id = wanted.shift()) {
    const type = types[id];
    if (type === undefined || numbers.has(id)) continue;
    numbers.set(id, numbers.size);
    order.push(id);
    const count = raw.readUInt32LE(type.at + 4) & 0xffff;
    wanted.push(...referencesOf(type.kind, count).map((at) => raw.readUInt32LE(type.at + at)));
  }
  /** @type {Map<string, number>} */
  const texts = new Map([["", 0]]);
  let textBytes = 1;
  const place = (/** @type {string} */ text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, textBytes);
    textBytes += text.length + 1;
    return textBytes - text.length - 1;
  };
  const bodies = order.map((id) => {
    const type = types[id] ?? voidType;
    const body = Buffer.from(raw.subarray(type.at, type.at + type.bytes));
    const count = body.readUInt32LE(4) & 0xffff;
    for (const at of referencesOf(type.kind, count)) body.writeUInt32LE(numbers.get(body.readUInt32LE(at)) ?? 0, at);
    for (const at of namesOf(type.kind, count)) body.writeUInt32LE(place(textAt(strings, body.readUInt32LE(at))), at);
    return body;
  });
  const body = Buffer.concat(bodies);
  const text = Buffer.from([...texts.keys()].map((one) => `${one}\0`).join(""), "latin1");
  const head = Buffer.alloc(24);
  head.writeUInt16LE(0xeb9f, 0);
  head.writeUInt8(1, 2);
  for (const [index, value] of [24, 0, body.length, body.length, text.length].entries())
    head.writeUInt32LE(value, 4 + index * 4);
  return { data: Buffer.concat([head, body, text]), idOf: (id) => numbers.get(id) ?? 0 };
}
